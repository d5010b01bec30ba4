/** Carries a plan out, migration by migration, on the session that holds the lock. */
import type { Engine } from '../engines/index.ts';
import { patiently } from '../pacing/index.ts';
import type { AppliedMigration, ApplyOptions } from './apply-options.ts';
import { type LedgerDb, prepareLedger, recordSteps } from './ledger/ledger.ts';
import type { LedgerSchema } from './ledger/tables.ts';
import { MigrationRun } from './migration-run.ts';
import type { MigrationPlan } from './plan.ts';

/** @returns what was run, in order. @throws MIGRATION_FAILED at the first that fails; those before it stay done. */
export async function applyMigrations(
  engine: Engine,
  plan: MigrationPlan,
  options: ApplyOptions,
): Promise<AppliedMigration[]> {
  const db = options.lock.kysely<LedgerSchema>();
  if (plan.migrations.length + plan.accepted.length > 0) await prepare(engine, db, plan, options);
  const done: AppliedMigration[] = [];
  for (const planned of plan.migrations) {
    options.signal?.throwIfAborted();
    const started = performance.now();
    await new MigrationRun(engine, db, plan.direction, planned, options).run();
    done.push({
      version: planned.version,
      name: planned.name,
      milliseconds: Math.round(performance.now() - started),
    });
  }
  return done;
}

/** Waits as the steps do: another session's write lock blocks the ledger's own tables as well. */
async function prepare(
  engine: Engine,
  db: LedgerDb,
  plan: MigrationPlan,
  { lock, signal, patienceMs, onProgress }: ApplyOptions,
): Promise<void> {
  const prepareOnce = async () => {
    await prepareLedger(engine, db);
    for (const { version, up, down } of plan.accepted) await recordSteps(db, version, up, down);
  };
  const { version, name } = { version: '', name: '', ...plan.accepted[0], ...plan.migrations[0] };
  const { direction } = plan;
  const waiting = {
    event: 'waiting',
    direction,
    version,
    name,
    step: 0,
    steps: 0,
    summary: 'the ledger',
  } as const;
  const onWait = () => onProgress?.(waiting);
  await patiently(prepareOnce, { signals: [lock.signal, signal], patienceMs, onWait });
}
