import * as failures from '../../src/transfer/failures.ts';
import { samplesOf, WHERE } from './samples-of.ts';

const FILE = '/var/backups/destroyed.rows.zst';

export default samplesOf(failures, {
  rowNotRestorable: [['job with id 12', 'schedule is not a valid date (2026-02-30 00:00:00.000000)']],
  rowTooLarge: [['artifacts with id 12', 70_000_000, 67_108_864]],
  jsonTooLarge: [['job with id 12', 9_000_000, 8_388_608]],
  noPrimaryKey: [['job']],
  unknownType: [['job', 'place', 'geometry']],
  writtenMeanwhile: [
    ['job', undefined],
    ['job', 'priority'],
  ],
  tableMissing: [['job', WHERE]],
  columnMissing: [
    ['job', 'priority', WHERE, false],
    ['job', 'priority', WHERE, true],
  ],
  typeDiffers: [[{ table: 'job', column: 'priority' }, { saved: 'bigint', live: 'integer' }, WHERE]],
  keyDiffers: [['job', { saved: ['id'], live: ['id', 'part'] }, WHERE]],
  valuesMissing: [['job', 'priority', WHERE]],
  notARollbackBackup: [[FILE, 'archive']],
  contradictoryHeader: [[FILE]],
  severalInstallations: [[FILE]],
  rowsOfBookkeeping: [[FILE, 'multiflexi_migration']],
  restoredRowDiffers: [['job', 'id 12']],
  statementTooLarge: [
    [
      'artifacts with id 12',
      20_000_000,
      { where: WHERE, largest: 16_777_216, raise: 'SET GLOBAL max_allowed_packet = 33554432' },
    ],
  ],
});
