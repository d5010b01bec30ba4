/** Changes of the schema as callers ask for them: planned and applied under one lock, which is taken before the ledger is read. */
import type { Engine } from '../engines/index.ts';
import { type ExclusiveLock, exclusiveLock, type Fence, provideLeases } from '../leases/index.ts';
import { nameInstallation, SCHEMA_LOCK } from '../schema/index.ts';
import { applyMigrations } from './apply.ts';
import type { AppliedMigration, DestructionCheck, MigrationProgress } from './apply-options.ts';
import { type Breakpoint, type BreakpointChange, changeBreakpoints } from './breakpoints.ts';
import type { LedgerSchema } from './ledger/tables.ts';
import {
  type MigrateRequest,
  type MigrationPlan,
  planMigrate,
  planRollback,
  type RollbackRequest,
} from './plan.ts';
import { refuseForeign } from './recognise.ts';
import { requireRoom } from './room.ts';
import { requireNoTables } from './unrecorded.ts';
import { MIGRATIONS } from './versions/index.ts';

/**
 * On a cluster where a lease is needed: while one node carries out a statement of DDL, none of them writes, and the lease
 * cannot be renewed.
 */
const TIME_TO_LIVE_MS = 600_000;

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
  readonly beforeApply?: ((plan: MigrationPlan) => Promise<DestructionCheck | undefined>) | undefined;
}

type MigrateOptions = RunOptions & MigrateRequest;
type RollbackOptions = RunOptions & RollbackRequest;

/** Plans and applies under the lock, which is taken before the ledger is read. */
export async function migrate(engine: Engine, options: MigrateOptions): Promise<AppliedMigration[]> {
  const { fake, date, target = MIGRATIONS.at(-1)?.version } = options;
  const recording = fake && date === undefined ? target : undefined;
  const plan = () => planMigrate(engine, MIGRATIONS, options);
  return underLock(engine, options, plan, recording, async () => {
    await nameInstallation(engine);
    // So that an account that may make no tables can take a lease later.
    await provideLeases(engine);
  });
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
  work: (fence: Fence | undefined) => Promise<T>,
): Promise<T> {
  return withLock(engine, options, ({ fence }) => work(fence));
}

async function underLock(
  engine: Engine,
  options: RunOptions,
  plan: () => Promise<MigrationPlan>,
  recording?: string,
  after: () => Promise<void> = async () => {},
): Promise<AppliedMigration[]> {
  const work = async (lock: ExclusiveLock) => {
    const planned = await plan();
    if (!options.fake) {
      await requireNoTables(engine, planned, MIGRATIONS);
      await requireRoom(engine, planned);
    }
    const checkDestruction = await options.beforeApply?.(planned);
    const { signal, fake, onProgress } = options;
    const applied = await applyMigrations(engine, planned, {
      lock,
      signal,
      fake,
      checkDestruction,
      onProgress,
    });
    await after();
    return applied;
  };
  return withLock(engine, options, work, recording);
}

async function withLock<T>(
  engine: Engine,
  { program, waitMs, signal }: LockOptions,
  work: (lock: ExclusiveLock) => Promise<T>,
  recording?: string,
): Promise<T> {
  await refuseForeign(engine, recording);
  const timeToLiveMs = TIME_TO_LIVE_MS;
  const lock = await exclusiveLock(engine, { name: SCHEMA_LOCK, program, waitMs, signal, timeToLiveMs });
  try {
    return await work(lock);
  } finally {
    await lock.release();
  }
}
