/** The front door of cleanup: what is too old is deleted. */

export {
  type ArchiveCatalogue,
  type ArchivePlace,
  type ArchiveRestorePlan,
  type ArchiveTarget,
  applyArchiveRestore,
  applyRemoval,
  type Finding,
  findArchive,
  listArchives,
  type Origin,
  originOf,
  planArchiveRestore,
  planRemoval,
  type RemovalPlan,
  type RestoredTable,
  readCatalogue,
  settleBeforeRestore,
  verifyArchive,
} from './archive/index.ts';
export {
  type ArchivedKey,
  type CountedOrphans,
  type CountOptions,
  countOrphans,
  deleteOrphans,
  type ForeignKey,
  type FoundOrphans,
  findOrphans,
  isArchived,
  keyName,
  type OrphanPosition,
  type OrphansOfKey,
  type RemovedOrphans,
  tablesWithDependents,
  unlinkOrphans,
} from './orphans/index.ts';
export { type Consequences, consequencesOf } from './plan/consequences.ts';
export { type Explanation, explain } from './plan/explain-job.ts';
export { planPurge } from './plan/make-plan.ts';
export { mayDelete } from './plan/may-delete.ts';
export {
  DEFAULT_GUARD,
  type Oversized,
  oversized,
  skipOversized,
} from './plan/oversized.ts';
export {
  type PlannedCompany,
  type PlannedDependent,
  type PlannedTable,
  type PurgePlan,
  rowsOf,
} from './plan/plan.ts';
export { readPlan, requireCurrent, savePlan } from './plan/plan-file.ts';
export { withoutArchived } from './plan/without-archived.ts';
export { applyPurge } from './purge/apply-purge.ts';
export type { PurgeOptions, PurgeProgress, PurgeResult } from './purge/contract.ts';
export { whileNothingIsPurged } from './purge/lock.ts';
export type { Skipped, SkippedRow } from './purge/skipped-rows.ts';
export { findCompany, findCompanyOfRows, findRunTemplate } from './rules/find-owner.ts';
export { type Hold, type HoldTarget, hold, listHolds, release } from './rules/holds.ts';
export {
  listPolicies,
  type NewPolicy,
  type Policy,
  policyBook,
  removePolicy,
  rulesInForce,
  SUBJECTS,
  type Subject,
  setPolicy,
} from './rules/policies.ts';
export {
  type FinishedStatus,
  forAll,
  type JobRule,
  type LogRule,
  type RuleBook,
  type Rules,
  sameForAll,
} from './rules/rules.ts';
export { Boundaries } from './selection/boundaries.ts';
export { companySlugs } from './selection/company-slugs.ts';
export type { LogScope } from './selection/scopes.ts';
