import * as failures from '../../src/migrations/failures.ts';
import * as ledger from '../../src/migrations/ledger/failures.ts';
import type { LedgerRow } from '../../src/migrations/ledger/tables.ts';
import { samplesOf, WHERE } from './samples-of.ts';

const JOB = { version: '20221125095601', name: 'job' };

const row = (values: Partial<LedgerRow> = {}): LedgerRow => ({
  ...JOB,
  state: 'running',
  direction: 'up',
  step: 3,
  steps: 5,
  started_at: '2026-11-26 22:00:00.000000',
  finished_at: null,
  program_version: '0.2.0',
  host: 'db1',
  breakpoint: false,
  error: null,
  ...values,
});

const failed = (direction: 'up' | 'down', place: number, rolledBack: boolean) => ({
  ...JOB,
  direction,
  place,
  steps: [{ summary: 'create table job' }, { summary: 'create index ix_job_status' }],
  rolledBack,
});
const refused = new Error('The MySQL server refused a value: Duplicate entry');

export default samplesOf(failures, {
  hiddenBySchema: [['database multiflexi at db.example.com:5432', 'public']],
  versionAndDate: [[]],
  notADate: [['2026-13-01']],
  notAVersion: [['yesterday', JOB.version]],
  noSuchVersion: [
    ['20990101000000', JOB.version],
    ['20990101000000', undefined],
  ],

  notChanged: [[JOB.version]],
  notApplied: [[undefined], [JOB.version]],
  breakpointReached: [[JOB]],
  noWayDown: [[row({ state: 'applied' })]],
  changedSinceInterrupted: [
    [row(), 4],
    [row(), 2],
  ],
  changedSinceApplied: [[JOB, 3]],
  rollbackInterrupted: [[row({ direction: 'down' })]],
  migrationInterrupted: [[row()]],
  unknownMigrationInterrupted: [[row()]],
  notFinished: [
    [JOB, 'up', WHERE],
    [JOB, 'down', WHERE],
  ],
  importUnfinished: [[WHERE]],
  notMigrated: [[3, 18, WHERE]],
  stepFailed: [
    [failed('up', 2, true), refused],
    [failed('up', 2, false), refused],
    [failed('down', 2, true), refused],
    [failed('up', 1, true), failures.rowsChanged('artifacts', 4, 2)],
    [
      failed('up', 1, true),
      failures.brokenReferences(
        ['artifacts.job_id of row 12 refers to no row of job'],
        'PRAGMA foreign_key_check',
      ),
    ],
  ],
  // Told as causes of a step that failed.
  rowsChanged: [['artifacts', 4, 2]],
  brokenReferences: [[['artifacts.job_id of row 12 refers to no row of job'], 'PRAGMA foreign_key_check']],
  noRoom: [['artifacts', 5_000_000_000, 1_000_000_000, WHERE]],
  phpEdition: [[WHERE]],
  foreignDatabase: [[WHERE]],
  unrecordedSchema: [
    [ledger.ledgerIsMissing('multiflexi_migration'), JOB],
    [ledger.tableExists('job', 'multiflexi_migration', JOB), undefined],
  ],
});
