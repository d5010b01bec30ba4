import * as failures from '../../src/cleanup/archive/failures.ts';
import { samplesOf } from './samples-of.ts';

const ARCHIVE = '20261126T221500Z-3f9c21d0';
const DIRECTORY = '/var/lib/multiflexi/archives';
const HOLDER = { program: 'prune', pid: 4711, host: 'db1', since: '2026-11-26T22:15:00.000Z' };

export default samplesOf(failures, {
  tableNotMigrated: [['artifacts']],
  noSuchArchive: [[ARCHIVE, DIRECTORY]],
  archivesInUse: [
    [DIRECTORY, 60_000, HOLDER],
    [DIRECTORY, 0, undefined],
  ],
  incompleteArchive: [[ARCHIVE]],
  notACatalogue: [[`${DIRECTORY}/${ARCHIVE}/archive.json`]],
  partReplaced: [[`${DIRECTORY}/${ARCHIVE}/part-1.rows.zst`]],
  notAPart: [[`${DIRECTORY}/${ARCHIVE}/part-1.rows.zst`]],
});
