/** Reverting migrations: what that destroys has to be confirmed, and is saved first. */
import type { Engine } from '../engines/index.ts';
import {
  lossToken,
  MIGRATIONS,
  type MigrationPlan,
  planRollback as planDown,
  refuseForeign,
  refuseUnfinishedImport,
  rollback,
} from '../migrations/index.ts';
import { isBookkeeping } from '../schema/index.ts';
import { requireConfirmed } from './confirmation.ts';
import type { Confirmed, Consent } from './consent.ts';
import type { TaskContext } from './context.ts';
import { type MigrationsOutcome, type PlannedMigrations, tokenOfLosses } from './migrate.ts';
import { type LossBackup, saveLosses } from './save-losses.ts';

export interface RollbackRequest {
  /** The version to go back to, or the same by date; the newest migration alone where neither is given. */
  readonly target?: string | undefined;
  readonly date?: string | undefined;
  /** Everything newer than what this program has. */
  readonly unknown?: boolean | undefined;
  /** Past breakpoints. */
  readonly force?: boolean | undefined;
}

export interface RollbackRun extends RollbackRequest {
  readonly confirmed: Confirmed;
  /** How long another run is waited for. */
  readonly waitMs: number;
  /** Forgets the migrations in the ledger without running a statement. */
  readonly fake?: boolean | undefined;
  readonly backup: LossBackup;
}

/** @param saved whether what is destroyed would be saved @throws FOREIGN_DATABASE, BREAKPOINT, NO_WAY_DOWN */
export async function planRollback(
  { engine }: TaskContext,
  request: RollbackRequest,
  saved = true,
): Promise<PlannedMigrations> {
  await refuseForeign(engine);
  await refuseUnfinishedImport(engine);
  const plan = await planDown(engine, MIGRATIONS, request);
  return {
    plan,
    sizes: await engine.sizes('cheap'),
    lossToken: tokenOfLosses(engine, plan),
    consents: consentsOf(engine, plan, saved),
  };
}

/** Plans under the lock, so that what was confirmed is held against what would be destroyed now. @throws ConsentNeeded, LOCKED */
export async function runRollback(context: TaskContext, request: RollbackRun): Promise<MigrationsOutcome> {
  const { engine, program, signal, onNotice } = context;
  const { confirmed, waitMs, target, date, unknown, force, fake, backup } = request;
  let file: string | null = null;
  await refuseUnfinishedImport(engine);
  const migrations = await rollback(engine, {
    program,
    waitMs,
    signal,
    target,
    date,
    unknown,
    force,
    fake,
    onProgress: (progress) => onNotice?.({ kind: 'migration', progress }),
    beforeApply: async (plan) => {
      await refuseUnfinishedImport(engine);
      if (fake) return undefined;
      const consents = consentsOf(engine, plan, backup !== null);
      requireConfirmed(consents, confirmed, context, 'Nothing was changed.');
      if (consents.length === 0 && plan.losses.length > 0)
        onNotice?.({ kind: 'bookkeeping-lost', losses: plan.losses });
      const saved = await saveLosses(context, plan, backup);
      file = saved.file;
      return saved.check;
    },
  });
  return { migrations, accepted: [], backup: file };
}

/** What maintenance has recorded of itself is saved without a question. */
function consentsOf(engine: Engine, { losses }: MigrationPlan, saved: boolean): Consent[] {
  if (losses.length === 0 || (saved && losses.every(isBookkeeping))) return [];
  return [{ kind: 'losses', losses, confirmedBy: lossToken(engine, losses) }];
}
