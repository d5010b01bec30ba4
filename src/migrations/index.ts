/** The front door of the migrations: how the schema came to be, and how it is brought up to date or back. */
import type { Engine } from '../engines/index.ts';
import { type AppliedMigration, applyMigrations, type MigrationProgress } from './apply.ts';
import { type MigrationPlan, planMigrate, planRollback } from './plan.ts';
import { refuseForeign } from './recognise.ts';
import { MIGRATIONS } from './versions/index.ts';

export type { AppliedMigration, MigrationProgress } from './apply.ts';
export { LEDGER, STEPS } from './ledger-tables.ts';
export type { Migration } from './migration.ts';
export { modelOf, type SchemaModel, type TableModel } from './model.ts';
export type { Loss, MigrationPlan, PlannedMigration } from './plan.ts';
export { planMigrate, planRollback } from './plan.ts';
export { type DatabaseKind, foreignError, recognise, refuseForeign } from './recognise.ts';
export { requireMigrated } from './required.ts';
export { type MigrationStatus, readStatus, type Status } from './status.ts';
export { MIGRATIONS } from './versions/index.ts';

/** The name of the lock that a change of the schema holds. */
const LOCK = 'migrations';

export interface RunOptions {
  /** What is told to whoever waits for the lock, as `db:migrate`. */
  readonly program: string;
  readonly waitMs: number;
  readonly target?: string | undefined;
  readonly onProgress?: (progress: MigrationProgress) => void;
  /** Called with the plan under the lock, before anything is done; may refuse by throwing. */
  readonly approve?: (plan: MigrationPlan) => Promise<void>;
}

/** Plans and applies under the lock, which is taken before the ledger is read. */
export async function migrate(engine: Engine, options: RunOptions): Promise<AppliedMigration[]> {
  return underLock(engine, options, () => planMigrate(engine, MIGRATIONS, options.target));
}

export async function rollback(engine: Engine, options: RunOptions): Promise<AppliedMigration[]> {
  return underLock(engine, options, () => planRollback(engine, MIGRATIONS, options.target));
}

async function underLock(
  engine: Engine,
  options: RunOptions,
  plan: () => Promise<MigrationPlan>,
): Promise<AppliedMigration[]> {
  await refuseForeign(engine);
  const lock = await engine.lock({ name: LOCK, program: options.program, waitMs: options.waitMs });
  try {
    const planned = await plan();
    await options.approve?.(planned);
    return await applyMigrations(engine, planned, MIGRATIONS, {
      lock,
      ...(options.onProgress ? { onProgress: options.onProgress } : {}),
    });
  } finally {
    await lock.release();
  }
}
