/** The front door of cleanup: what is too old goes. */
export { findCompany } from './find-company.ts';
export { LARGEST_SHARE, type Oversized, oversized } from './guard.ts';
export { utc } from './instant.ts';
export { type PlannedCompany, type PlannedTable, type PurgePlan, planPurge } from './plan.ts';
export { readPlan, requireCurrent, savePlan } from './plan-file.ts';
export { applyPurge, type PurgeOptions, type PurgeProgress, type PurgeResult } from './purge.ts';
export { type FinishedStatus, type JobRule, type LogRule, type RuleBook, sameForAll } from './rules.ts';
