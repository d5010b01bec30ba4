/** The front door of the migrations: how the schema came to be, and how it is brought up to date or back. */
import type { Engine, Lock } from '../engines/index.ts';
import {
  type AppliedMigration,
  applyMigrations,
  type DestructionCheck,
  type MigrationProgress,
} from './apply.ts';
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
import { requireRoom } from './room.ts';
import { MIGRATIONS } from './versions/index.ts';

export type { AppliedMigration, DestructionCheck, MigrationProgress } from './apply.ts';
export type { Breakpoint, BreakpointChange } from './breakpoints.ts';
export { type Difference, findDrift } from './drift.ts';
export { expectedTables } from './expected.ts';
export { LEDGER, STEPS } from './ledger-tables.ts';
export { type Loss, lossToken } from './losses.ts';
export type { Destruction, Migration } from './migration.ts';
export { modelOf, type SchemaModel, type TableModel } from './model.ts';
export type { MigrateWords, MigrationPlan, PlannedMigration, RollbackWords } from './plan.ts';
export { planMigrate, planRollback } from './plan.ts';
export { type DatabaseKind, foreignError, recognise, refuseForeign } from './recognise.ts';
export { requireMigrated, requireSettled } from './required.ts';
export { type MigrationStatus, readStatus, type Status } from './status.ts';
export { MIGRATIONS } from './versions/index.ts';

/** The name of the lock that a change of the schema holds. */
const LOCK = 'migrations';

interface LockOptions {
  /** What is told to whoever waits for the lock, as `db:migrate`. */
  readonly program: string;
  readonly waitMs: number;
  /** Ends the wait for the lock, and the run after the migration at hand. */
  readonly signal?: AbortSignal | undefined;
}

interface RunOptions extends LockOptions {
  /** Record the migrations without running a statement. */
  readonly fake?: boolean | undefined;
  readonly onProgress?: ((progress: MigrationProgress) => void) | undefined;
  /**
   * Called with the plan under the lock, before anything is done; may refuse by throwing. What it returns is asked
   * before each step that destroys something.
   */
  readonly approve?: ((plan: MigrationPlan) => Promise<DestructionCheck | undefined>) | undefined;
}

type MigrateOptions = RunOptions & MigrateWords;
type RollbackOptions = RunOptions & RollbackWords;

/** Plans and applies under the lock, which is taken before the ledger is read. */
export async function migrate(engine: Engine, options: MigrateOptions): Promise<AppliedMigration[]> {
  return underLock(engine, options, () => planMigrate(engine, MIGRATIONS, options));
}

export async function rollback(engine: Engine, options: RollbackOptions): Promise<AppliedMigration[]> {
  return underLock(engine, options, () => planRollback(engine, MIGRATIONS, options));
}

export async function breakpoint(
  engine: Engine,
  change: BreakpointChange,
  options: LockOptions & { readonly target?: string | undefined },
): Promise<Breakpoint[]> {
  return withLock(engine, options, (lock) =>
    changeBreakpoints(engine, lock.kysely<LedgerSchema>(), change, options),
  );
}

/** For work that no change of the schema may come between. @throws FOREIGN_DATABASE, LOCKED */
export async function whileSchemaStays<T>(
  engine: Engine,
  options: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  return withLock(engine, options, work);
}

async function underLock(
  engine: Engine,
  options: RunOptions,
  plan: () => Promise<MigrationPlan>,
): Promise<AppliedMigration[]> {
  return withLock(engine, options, async (lock) => {
    const planned = await plan();
    if (!options.fake) await requireRoom(engine, planned);
    const checkDestruction = await options.approve?.(planned);
    const { signal, fake, onProgress } = options;
    return applyMigrations(engine, planned, { lock, signal, fake, checkDestruction, onProgress });
  });
}

async function withLock<T>(
  engine: Engine,
  { program, waitMs, signal }: LockOptions,
  work: (lock: Lock) => Promise<T>,
): Promise<T> {
  await refuseForeign(engine);
  const lock = await engine.lock({ name: LOCK, program, waitMs, signal });
  try {
    return await work(lock);
  } finally {
    await lock.release();
  }
}
