/** Deleting by the retention policies that are in force. */
import { type LogScope, planPurge, policyBook, rulesInForce, withoutArchived } from '../cleanup/index.ts';
import { requireMigrated } from '../migrations/index.ts';
import type { TaskContext } from './context.ts';
import { kindOfRun } from './history/run-history.ts';
import { type PlannedPurge, type PurgeGuard, plannedPurge } from './plan-purge.ts';

export interface PlannedRetention extends PlannedPurge {
  /** Rows that are left out because nobody has specified where they are to be archived. */
  readonly notArchived: number;
}

export interface RetentionChoice {
  /** In milliseconds since the epoch; now unless specified. */
  readonly now?: number | undefined;
  /** Leaves out what policies archive, for a run that has nowhere to archive it; otherwise such a run is refused. */
  readonly withoutArchived?: boolean | undefined;
  /** Log entries that are counted as if they had been deleted before. */
  readonly gone?: readonly LogScope[] | undefined;
}

/** @throws NOT_MIGRATED, INDEX_MISSING */
export async function planRetention(
  context: TaskContext,
  guard: PurgeGuard,
  { now = Date.now(), withoutArchived: leaves = false, gone }: RetentionChoice = {},
): Promise<PlannedRetention> {
  const { engine, signal } = context;
  await requireMigrated(engine);
  const whole = await planPurge(engine, await policyBook(engine, now), signal, gone);
  const { plan, left } = leaves ? await withoutArchived(engine, whole, signal) : { plan: whole, left: 0 };
  const rules = await rulesInForce(engine);
  const compared = guard.skipOversized ? [...rules, ['guard', guard.percent]] : rules;
  const planned = await plannedPurge(context, plan, kindOfRun('retention', compared), guard);
  return { ...planned, notArchived: left };
}
