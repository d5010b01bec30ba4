/** The front door of the migrations: how the schema came to be, and how it is brought up to date or back. */
import type { Engine } from '../engines/index.ts';
import { type AppliedMigration, applyMigrations, type MigrationProgress } from './apply.ts';
import { type Breakpoint, type BreakpointChange, changeBreakpoints } from './breakpoints.ts';
import type { LedgerSchema } from './ledger-tables.ts';
import {
  type MigrateWords,
  type MigrationPlan,
  planMigrate,
  planRollback,
  type RollbackWords,
} from './plan.ts';
import { refuseForeign } from './recognise.ts';
import { MIGRATIONS } from './versions/index.ts';

export type { AppliedMigration, MigrationProgress } from './apply.ts';
export type { Breakpoint, BreakpointChange } from './breakpoints.ts';
export { type Difference, findDrift } from './drift.ts';
export { expectedTables } from './expected.ts';
export { LEDGER, STEPS } from './ledger-tables.ts';
export type { Loss } from './losses.ts';
export type { Migration } from './migration.ts';
export { modelOf, type SchemaModel, type TableModel } from './model.ts';
export type { MigrateWords, MigrationPlan, PlannedMigration, RollbackWords } from './plan.ts';
export { planMigrate, planRollback } from './plan.ts';
export { type DatabaseKind, foreignError, recognise, refuseForeign } from './recognise.ts';
export { requireMigrated } from './required.ts';
export { type MigrationStatus, readStatus, type Status } from './status.ts';
export { MIGRATIONS } from './versions/index.ts';

/** The name of the lock that a change of the schema holds. */
const LOCK = 'migrations';

interface RunOptions {
  /** What is told to whoever waits for the lock, as `db:migrate`. */
  readonly program: string;
  readonly waitMs: number;
  /** Ends the wait for the lock, and the run after the migration at hand. */
  readonly signal?: AbortSignal | undefined;
  /** Record the migrations without running a statement. */
  readonly fake?: boolean | undefined;
  readonly onProgress?: ((progress: MigrationProgress) => void) | undefined;
  /** Called with the plan under the lock, before anything is done; may refuse by throwing. */
  readonly approve?: ((plan: MigrationPlan) => Promise<void>) | undefined;
}

export type MigrateOptions = RunOptions & MigrateWords;
export type RollbackOptions = RunOptions & RollbackWords;

/** Plans and applies under the lock, which is taken before the ledger is read. */
export async function migrate(engine: Engine, options: MigrateOptions): Promise<AppliedMigration[]> {
  return underLock(engine, options, () => planMigrate(engine, MIGRATIONS, options));
}

export async function rollback(engine: Engine, options: RollbackOptions): Promise<AppliedMigration[]> {
  return underLock(engine, options, () => planRollback(engine, MIGRATIONS, options));
}

async function underLock(
  engine: Engine,
  options: RunOptions,
  plan: () => Promise<MigrationPlan>,
): Promise<AppliedMigration[]> {
  await refuseForeign(engine);
  const { program, waitMs, signal, fake, onProgress } = options;
  const lock = await engine.lock({ name: LOCK, program, waitMs, signal });
  try {
    const planned = await plan();
    await options.approve?.(planned);
    return await applyMigrations(engine, planned, { lock, signal, fake, onProgress });
  } finally {
    await lock.release();
  }
}

export async function breakpoint(
  engine: Engine,
  change: BreakpointChange,
  options: Pick<RunOptions, 'program' | 'waitMs' | 'signal'> & { readonly target?: string | undefined },
): Promise<Breakpoint[]> {
  await refuseForeign(engine);
  const { program, waitMs, signal } = options;
  const lock = await engine.lock({ name: LOCK, program, waitMs, signal });
  try {
    return await changeBreakpoints(engine, lock.kysely<LedgerSchema>(), change, options);
  } finally {
    await lock.release();
  }
}
