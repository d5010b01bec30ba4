/** The front door of the migrations: how the schema came to be, and how it is brought up to date or back. */
export type { AppliedMigration, DestructionCheck, MigrationProgress } from './apply-options.ts';
export type { Breakpoint, BreakpointChange } from './breakpoints.ts';
export { breakpoint, migrate, rollback, whileSchemaStays } from './change-schema.ts';
export type { Difference } from './difference.ts';
export { findDrift, type Verification, verifySchema } from './drift.ts';
export { expectedTables } from './expected.ts';
export { UnrecordedSchema } from './failures.ts';
export { LEDGER, STEPS } from './ledger/tables.ts';
export { type Loss, lossToken } from './losses.ts';
export type { Destruction, Migration } from './migration.ts';
export type { SchemaModel, TableModel } from './model.ts';
export { modelOf } from './model-of.ts';
export type { MigrateRequest, MigrationPlan, PlannedMigration, RollbackRequest } from './plan.ts';
export { planMigrate, planRollback } from './plan.ts';
export { type DatabaseKind, foreignError, recognise, refuseForeign } from './recognise.ts';
export { requireFinished, requireMigrated } from './required.ts';
export { type MigrationStatus, readStatus, type Status } from './status.ts';
export { MIGRATIONS } from './versions/index.ts';
