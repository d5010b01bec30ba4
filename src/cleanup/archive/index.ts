/** The front of the archive: rows that go are saved first, and can be looked at, proven and put back. */
export { type ArchiveCatalogue, readCatalogue } from './catalogue.ts';
export { type ArchivePlace, findArchive, listArchives } from './directory.ts';
export { type Origin, originOf } from './origin.ts';
export { applyRemoval, planRemoval, type RemovalPlan } from './remove.ts';
export {
  type ArchiveRestorePlan,
  applyArchiveRestore,
  planArchiveRestore,
  type RestoredTable,
} from './restore.ts';
export { ArchiveRun, type ArchiveWait, settleBeforeRestore } from './run.ts';
export type { ArchiveTarget } from './target.ts';
export { type Finding, verifyArchive } from './verify.ts';
