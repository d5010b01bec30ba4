/** The front door of maintenance: what is kept is kept in order. */
export {
  type Freshness,
  type PlannedAnalysis,
  planAnalysis,
} from './analysis.ts';
export * from './check/index.ts';
export { countTemplates, type JobCounts, MOST_LEFT, writeCounts } from './counters.ts';
export { type CredentialFault, checkCredentials, type Definitions } from './credentials.ts';
export { type Dismissal, dismiss, readDismissals, undismiss } from './dismissals.ts';
export type { Change } from './growth/change.ts';
export { LEAST_DAYS, LEAST_SAMPLES, type Rate, type Reach } from './growth/forecast.ts';
export {
  type Growth,
  type GrowthOf,
  readGrowth,
  readWholeGrowth,
  type WholeGrowth,
} from './growth/growth.ts';
export {
  MOST_OWNERS,
  type OwnerKind,
  type OwnerShare,
  type OwnerShares,
  ownerShares,
  SHARE_DAYS,
} from './growth/shares.ts';
export { type MentionedNames, namesOfLiveJobs } from './live-names.ts';
export {
  type LastRebuild,
  type PlannedRebuild,
  planRebuilds,
  type RebuildLimits,
  type RebuildPlan,
} from './rebuild.ts';
export {
  applyReclaim,
  planReclaim,
  type ReclaimOptions,
  type ReclaimPlan,
  type ReclaimResult,
} from './reclaim.ts';
export { type OverduePage, overdueTemplates, scheduleAnew } from './schedules.ts';
export { type MeasureOptions, measure } from './size.ts';
export {
  deleteSamples,
  planThinning,
  recordSample,
  type Sampled,
  type SampleSpan,
  type SizeSample,
  sampleOf,
  sampleSpan,
  type Thinning,
  takeSample,
} from './size-samples.ts';
export { compareSpace, measureSpace, type SpaceReport } from './space.ts';
export {
  type StaleJob,
  type StaleReason,
  settleStale,
  staleRunning,
  staleWaiting,
} from './stale-jobs.ts';
export { isZeroDate, type WalkPlace } from './walk-place.ts';
