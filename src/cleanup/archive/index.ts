/** The front of the archive: rows that go are saved first, and can be looked at, proven and put back. */
export { type ArchiveCatalogue, readCatalogue } from './catalogue.ts';
export { type ArchivePlace, findArchive, listArchives } from './directory.ts';
export { applyRemoval, planRemoval, type RemovalPlan } from './remove.ts';
export {
  type ArchiveRestorePlan,
  applyArchiveRestore,
  planArchiveRestore,
  type RestoredTable,
} from './restore.ts';
export { ArchiveRun, type ArchiveTarget } from './run.ts';
export { settleArchives } from './settle.ts';
export { type Finding, verifyArchive } from './verify.ts';
