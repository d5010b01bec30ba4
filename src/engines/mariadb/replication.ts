/** MariaDB's words for what MySQL calls otherwise, and the rights that it has split. */
import type { ReplicationWords } from '../mysql/replica-status.ts';

export const MARIADB_REPLICATION: ReplicationWords = {
  logEnd: () => 'show master status',
  // ALL: the others would show the connection without a name alone.
  status: () => 'show all slaves status',
  connected: () => 'show slave hosts',
  identity: { variable: '@@global.server_id', column: 'Source_Server_Id' },
  rights: 'BINLOG MONITOR, SLAVE MONITOR',
};
