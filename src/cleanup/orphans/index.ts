/** Rows whose foreign key leads nowhere: found by the child's index, and treated as the delete rule would have. */
export { type CountedOrphans, type CountOptions, countOrphans } from './count-orphans.ts';
export { type FoundOrphans, findOrphans, type OrphanPosition } from './find-orphans.ts';
export { type ArchivedKey, type ForeignKey, isArchived, keyName } from './foreign-key.ts';
export {
  deleteOrphans,
  type OrphansOfKey,
  type RemovedOrphans,
  tablesWithDependents,
  unlinkOrphans,
} from './remove-orphans.ts';
