import * as failures from '../../src/transfer/import/failures.ts';
import { samplesOf, WHERE } from './samples-of.ts';

const FILE = '/var/backups/multiflexi.json';
const DIGEST = '5f1b0c3d2e4a69788796a5b4c3d2e1f0';

export default samplesOf(failures, {
  nothingPipedIn: [[]],
  notAnExport: [[FILE]],
  exportOfOtherVersion: [[FILE]],
  notUtf8: [[FILE]],
  notJson: [[FILE]],
  tablesMixed: [[FILE]],
  sumsDiffer: [[FILE, 'job']],
  changedSinceVerified: [[FILE]],
  newerExport: [[FILE, 'multiflexi-cli 0.2.0', '20270101000000']],
  fileOfOtherMigrations: [[FILE, '20261126213000']],
  notOurTable: [[FILE, 'invoice']],
  notOurColumns: [[FILE, 'job', 'priority']],
  valueNotHeld: [
    [FILE, 'logger with id 12', 'message has the character U+0000, which PostgreSQL keeps in no text'],
  ],
  targetNotEmpty: [[WHERE, ['company', 'job']]],
  unknownTables: [[WHERE, ['invoice']]],
  targetOfOtherVersion: [[WHERE, '20261127053500', '20261126213000']],
  importOfOtherFile: [[WHERE, FILE, '2026-11-27T02:08:26.941Z']],
  importUndone: [[failures.sumsDiffer(FILE, 'job'), WHERE]],
  loadedRowsDiffer: [
    ['job', { rows: 12, digest: DIGEST }, { rows: 11, digest: DIGEST }],
    ['job', { rows: 12, digest: DIGEST }, { rows: 12, digest: DIGEST.replace('5', '6') }],
  ],
  nextIdTaken: [['job', 12n, 40n]],
});
