/** MariaDB's words for what MySQL calls otherwise, and the rights that it has split. */
import type { ReplicationDialect } from '../mysql/replica-status.ts';

export const MARIADB_REPLICATION: ReplicationDialect = {
  logEnd: () => 'show master status',
  // ALL: the others would show the connection without a name alone.
  status: () => 'show all slaves status',
  connected: () => 'show slave hosts',
  identity: { variable: '@@global.server_id', column: 'Source_Server_Id' },
  privileges: 'BINLOG MONITOR, SLAVE MONITOR',
};
