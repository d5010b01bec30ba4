import { interruptedBy } from '../../src/cli/failures.ts';
import * as failures from '../../src/transfer/export/failures.ts';
import { rowNotRestorable } from '../../src/transfer/failures.ts';
import { samplesOf, WHERE } from './samples-of.ts';

const FILE = '/var/backups/backup.rows.zst';

export default samplesOf(failures, {
  noSuchExportTable: [
    ['jobs', 'job', WHERE],
    ['invoices', undefined, WHERE],
  ],
  unknownTables: [
    [['invoice'], WHERE],
    [['invoice', 'order'], WHERE],
  ],
  childrenLeftBehind: [[['job'], ['job', 'artifacts', 'logger', 'retention_hold']]],
  rowOfAnotherCompany: [['job with id 12', 'run_template_id', 'run_template 7']],
  strangeRow: [['job with id 12', 'company_id', '2']],
  noRoomToExport: [[FILE, '12 GiB', '3 GiB']],
  noTablesOfCompanies: [[['token']]],
  jsonNotEncrypted: [[]],
  readerGone: [[]],
  // Of the failures that they better.
  exportFailed: [
    [
      rowNotRestorable('job with id 12', 'schedule is not a valid date (2026-02-30 00:00:00.000000)'),
      FILE,
      undefined,
    ],
    [interruptedBy('SIGINT'), FILE, undefined],
    [failures.readerGone(), null, undefined],
  ],
});
