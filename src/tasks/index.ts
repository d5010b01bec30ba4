/** The front door of tasks: what can be done to a database, and what has been done. */

export type {
  ArchiveCatalogue,
  ArchiveRestorePlan,
  ArchiveTarget,
  Explanation,
  Finding,
  FinishedStatus,
  Hold,
  HoldTarget,
  Oversized,
  PlannedDependent,
  Policy,
  PurgePlan,
  PurgeResult,
  RemovalPlan,
  RestoredTable,
  Subject,
} from '../cleanup/index.ts';
export { DEFAULT_GUARD, SUBJECTS } from '../cleanup/index.ts';
export type {
  Finding as CheckFinding,
  Growth,
  GrowthOf,
  OwnerKind,
  OwnerShares,
  PlannedAnalysis,
  PlannedRebuild,
  Reach,
  RebuildLimits,
  ReclaimResult,
  SpaceReport,
} from '../maintenance/index.ts';
export { LEAST_DAYS, LEAST_SAMPLES, SHARE_DAYS } from '../maintenance/index.ts';
export type {
  AppliedMigration,
  Breakpoint,
  BreakpointChange,
  Difference,
  Loss,
  MigrationPlan,
  MigrationProgress,
  MigrationStatus,
  Status,
  Verification,
} from '../migrations/index.ts';
export type { SampleReport } from '../sample/index.ts';
export { FINISHED, HIGHEST_ID, parseRowId } from '../schema/index.ts';
export {
  type ExportPlan,
  formOf,
  Passphrase,
  type RestoredPart,
  type RestorePlan,
  SpooledInput,
  STANDARD_INPUT,
  sourceWords,
  TextStream,
} from '../transfer/index.ts';
export {
  type Bearer,
  bearerOf,
  type CreatedToken,
  createToken,
  hashOfToken,
  type ListedToken,
  listTokens,
  type NewToken,
  revokeToken,
  type TokenScope,
} from './access-tokens.ts';
export {
  type AnalyzedTable,
  type AnalyzeOutcome,
  type AnalyzePlan,
  type AnalyzeRequest,
  planAnalyze,
  runAnalyze,
} from './analyze.ts';
export {
  type ArchiveChoice,
  type PlannedArchiveRemoval,
  planArchiveRemoval,
  runArchiveRemoval,
} from './archive-removal.ts';
export {
  type ArchiveRestoreRequest,
  type ArchiveRestoreRun,
  type PlannedArchiveRestore,
  planArchiveRestore,
  runArchiveRestore,
} from './archive-restore.ts';
export {
  isLeftIncomplete,
  type ListedArchive,
  listArchives,
  showArchive,
  type VerifyArchivesRequest,
  verifyArchives,
} from './archives.ts';
export { type BreakpointRequest, changeBreakpoint } from './breakpoint.ts';
export { type CheckRequest, checkDatabase, type DatabaseCheck } from './check/check-database.ts';
export { type Confirmation, type Confirmed, type Consent, isConfirmed } from './consent.ts';
export { consentText, dependentText, hooksText, lossTexts, oversizedText } from './consent-text.ts';
export type { Activity, SwitchStep, TaskContext, TaskNotice, TaskProgress } from './context.ts';
export {
  type Comparison,
  type ComparisonRequest,
  compareDatabases,
  type DigestOutcome,
  type DigestRequest,
  digestDatabase,
} from './digest.ts';
export { type Dismissal, dismiss, readDismissals, requireOurDatabase, undismiss } from './dismissals.ts';
export type { Duty, DutyContext, DutyName, DutyPlan, DutyResult, DutyStep } from './duties/duty.ts';
export { DUTY_NAMES } from './duties/duty.ts';
export { DUTIES } from './duties/index.ts';
export { isWorthIt } from './duties/space.ts';
export { staleStatistics } from './duties/statistics.ts';
export {
  type ExportOutcome,
  type ExportRequest,
  noteExport,
  planExport,
  runExport,
} from './export.ts';
export { archiveNotSpecified, ConsentNeeded } from './failures.ts';
export { readWholeGrowth } from './growth.ts';
export { forecastOf } from './history/backlog.ts';
export { type ConsoleAction, recordedAction } from './history/console-actions.ts';
export { type CycleLog, type EndedCycle, endCycle } from './history/cycle-end.ts';
export { beginDutyRun, CYCLE, closeKilledRuns, type EmptyRun, endDutyRun } from './history/duty-runs.ts';
export { type DutyState, type EndOfDuty, readDutyStates } from './history/duty-states.ts';
export { lastExport, type RecordedExport } from './history/exports.ts';
export { type Forecast, forecast, type PastRun, type RunOutcome } from './history/forecast.ts';
export { type ListedRun, listRuns } from './history/list-runs.ts';
export { type LastSwitch, lastSwitch } from './history/moves.ts';
export {
  beginRun,
  endRun,
  type HistoryWait,
  kindOfRun,
  pastRuns,
  type RunKind,
} from './history/run-history.ts';
export {
  type ImportOutcome,
  type ImportRequest,
  type ImportRun,
  type PlannedImport,
  planImport,
  runImport,
} from './import.ts';
export { installedAt } from './installed-at.ts';
export {
  type MigrateRequest,
  type MigrateRun,
  type MigrationsOutcome,
  type PlannedMigrations,
  planMigrate,
  runMigrate,
} from './migrate.ts';
export { noticeText, type ToldElsewhere } from './notice-text.ts';
export {
  type OptimizeOutcome,
  type OptimizePlan,
  type OptimizeRequest,
  type OptimizeRun,
  planOptimize,
  REBUILD_LIMITS,
  type RebuiltTable,
  runOptimize,
} from './optimize.ts';
export { type PlannedPurge, type PurgeGuard, savePurgePlan } from './plan-purge.ts';
export { type Age, type PruneRules, planPrune, planSavedPurge, requireSenseOfPrune } from './prune.ts';
export { type PurgeOutcome, type PurgeRequest, runPurge } from './purge.ts';
export {
  type PlannedReclaim,
  planReclaim,
  type ReclaimOutcome,
  type ReclaimRequest,
  runReclaim,
} from './reclaim.ts';
export { type RecordedPurge, recordedPurge } from './recorded-purge.ts';
export {
  type PlannedRollbackRestore,
  planRestoreRollback,
  type RestoreRollbackRequest,
  runRestoreRollback,
} from './restore-rollback.ts';
export {
  type ExplainedJob,
  explainJob,
  type HoldRequest,
  holdRows,
  type NewHold,
  releaseHold,
  requireOneTarget,
} from './retention-holds.ts';
export {
  listRetention,
  type PolicyRequest,
  type Retention,
  removePolicy,
  setPolicy,
} from './retention-policies.ts';
export { planRetention } from './retention-run.ts';
export { planRollback, type RollbackRequest, type RollbackRun, runRollback } from './rollback.ts';
export { loadSample, type SampleRequest } from './sample.ts';
export type { LossBackup } from './save-losses.ts';
export { measureSize, reportSize, type SizeReport, type SizeRequest } from './size.ts';
export type { SpaceOutcome } from './space-after-purge.ts';
export { readStatus, type SchemaStatus } from './status.ts';
export {
  noSettingsFile,
  planSwitch,
  readSwitchState,
  runSwitch,
  type SwitchOutcome,
  type SwitchPlan,
  type SwitchRequest,
  type SwitchRun,
  type SwitchState,
  settingsToReturnBy,
} from './switch/index.ts';
export type { LagLimit } from './throttle.ts';
export {
  planVacuum,
  runVacuum,
  type VacuumOutcome,
  type VacuumPlan,
  type VacuumRequest,
} from './vacuum.ts';
export { compareSchema, type SchemaVerification, verifySchema } from './verify.ts';
