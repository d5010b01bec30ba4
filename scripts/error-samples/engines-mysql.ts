import * as failures from '../../src/engines/mysql/failures.ts';
import { samplesOf } from './samples-of.ts';

const PLACE = {
  kind: 'MySQL server',
  address: 'db.example.com:3306',
  database: 'multiflexi',
  username: 'multiflexi',
  secret: undefined,
};

export default samplesOf(failures, {
  noBinaryLog: [[PLACE]],
  noReplicaNamed: [
    [PLACE, []],
    [PLACE, ['replica1.example.com']],
  ],
  unusableReplica: [
    [
      'SERVER_UNREACHABLE',
      'Cannot reach the replica at replica1.example.com:3306: the connection was refused.',
    ],
  ],
  notAReplica: [['replica1.example.com:3306']],
  mayNotReadReplication: [['multiflexi', PLACE, "GRANT REPLICATION CLIENT ON *.* TO 'multiflexi'@'%'"]],
});
