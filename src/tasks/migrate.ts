/** Bringing the schema up to date. */
import type { DatabaseSize, Engine } from '../engines/index.ts';
import {
  type AppliedMigration,
  lossToken,
  MIGRATIONS,
  type MigrationPlan,
  migrate,
  planMigrate as planUp,
  refuseForeign,
  refuseUnfinishedImport,
} from '../migrations/index.ts';
import type { Consent } from './consent.ts';
import type { TaskContext } from './context.ts';
import { type LossBackup, saveLosses } from './save-losses.ts';

export interface MigrateRequest {
  /** The last version to apply, or the same by date. */
  readonly target?: string | undefined;
  readonly date?: string | undefined;
  /** Applied migrations that were changed since, and whose steps are recorded as they are now. */
  readonly acceptChanged?: readonly string[] | undefined;
}

export interface MigrateRun extends MigrateRequest {
  /** How long another run is waited for. */
  readonly waitMs: number;
  /** Records the migrations without running a statement. */
  readonly fake?: boolean | undefined;
  readonly backup: LossBackup;
}

export interface PlannedMigrations {
  readonly plan: MigrationPlan;
  /** Of the tables, for what a rewrite would write. */
  readonly sizes: DatabaseSize;
  /** Stands for exactly what would be destroyed; null for nothing. */
  readonly lossToken: string | null;
  readonly consents: readonly Consent[];
}

export interface MigrationsOutcome {
  readonly migrations: readonly AppliedMigration[];
  /** Versions whose new steps were recorded. */
  readonly accepted: readonly string[];
  /** The file with what was destroyed; null where nothing was, or nothing was saved. */
  readonly backup: string | null;
}

/** A migration that destroys says why; that is its author's consent, and an upgrade asks nobody. @throws FOREIGN_DATABASE, NOT_MIGRATED during an import */
export async function planMigrate(
  { engine }: TaskContext,
  request: MigrateRequest,
): Promise<PlannedMigrations> {
  await refuseForeign(engine);
  await refuseUnfinishedImport(engine);
  const plan = await planUp(engine, MIGRATIONS, request);
  return { plan, sizes: await engine.sizes('cheap'), lossToken: tokenOfLosses(engine, plan), consents: [] };
}

/** @throws FOREIGN_DATABASE, NOT_MIGRATED during an import, LOCKED, SCHEMA_UNRECORDED with the version that can be recorded; what a migration throws */
export async function runMigrate(context: TaskContext, request: MigrateRun): Promise<MigrationsOutcome> {
  const { engine, program, signal, onNotice } = context;
  const { waitMs, target, date, acceptChanged, fake, backup } = request;
  let accepted: readonly string[] = [];
  let file: string | null = null;
  await refuseUnfinishedImport(engine);
  const migrations = await migrate(engine, {
    program,
    waitMs,
    signal,
    target,
    date,
    acceptChanged,
    fake,
    onProgress: (progress) => onNotice?.({ kind: 'migration', progress }),
    beforeApply: async (plan) => {
      // One may have begun while the lock was waited for.
      await refuseUnfinishedImport(engine);
      accepted = plan.accepted.map(({ version }) => version);
      if (fake) return undefined;
      const saved = await saveLosses(context, plan, backup);
      file = saved.file;
      return saved.check;
    },
  });
  return { migrations, accepted, backup: file };
}

export function tokenOfLosses(engine: Engine, { losses }: MigrationPlan): string | null {
  return losses.length === 0 ? null : lossToken(engine, losses);
}
