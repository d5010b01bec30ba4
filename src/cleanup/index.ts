/** The front door of cleanup: what is too old goes. */

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
  planArchiveRestore,
  planRemoval,
  type RemovalPlan,
  type RestoredTable,
  readCatalogue,
  settleArchives,
  verifyArchive,
} from './archive/index.ts';
export { type Explanation, explain } from './explain.ts';
export { findCompany } from './find-company.ts';
export { type Forecast, forecast, type PastRun, type RunOutcome } from './forecast.ts';
export {
  DEFAULT_GUARD,
  type Oversized,
  oversized,
  type ReducedPlan,
  skipOversized,
  withoutOversized,
} from './guard.ts';
export { type Hold, type HoldTarget, hold, listHolds, release } from './hold.ts';
export { LagThrottle, type Throttle, type WaitLimits } from './lag.ts';
export { whileNothingIsPruned } from './lock.ts';
export { type PlannedCompany, type PlannedTable, type PurgePlan, planPurge } from './plan.ts';
export { readPlan, requireCurrent, savePlan } from './plan-file.ts';
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
} from './policies.ts';
export { applyPurge, type PurgeOptions, type PurgeProgress, type PurgeResult } from './purge.ts';
export { type RecordedPurge, recordedPurge } from './recorded-purge.ts';
export { type FinishedStatus, type JobRule, type LogRule, type RuleBook, sameForAll } from './rules.ts';
export { beginRun, endRun, kindOfRun, pastRuns, type RunKind } from './run-history.ts';
