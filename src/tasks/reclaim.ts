/** Giving free space back, as far as that stops nobody. */
import {
  applyReclaim,
  compareSpace,
  planReclaim as planSpace,
  type ReclaimPlan,
  type ReclaimResult,
  type SpaceReport,
} from '../maintenance/index.ts';
import { requireMigrated } from '../migrations/index.ts';
import type { TaskContext } from './context.ts';

export interface PlannedReclaim extends ReclaimPlan {
  /** Bytes free on the database's disk; null where this machine cannot know. */
  readonly diskFree: number | null;
}

export interface ReclaimRequest {
  /** How long a purge or another reclaim is waited for. */
  readonly waitMs: number;
  readonly timeBudgetMs?: number | undefined;
}

export interface ReclaimOutcome {
  readonly result: ReclaimResult;
  readonly report: SpaceReport;
}

/** @throws NOT_MIGRATED */
export async function planReclaim({ engine }: TaskContext): Promise<PlannedReclaim> {
  await requireMigrated(engine);
  return { ...(await planSpace(engine)), diskFree: await engine.freeDisk() };
}

/** @throws NOT_MIGRATED, LOCKED */
export async function runReclaim(context: TaskContext, request: ReclaimRequest): Promise<ReclaimOutcome> {
  const { engine } = context;
  await requireMigrated(engine);
  const result = await carryOutReclaim(context, await planSpace(engine), request);
  return { result, report: await compareSpace(engine, result.before, result.before, result.after) };
}

export function carryOutReclaim(
  { engine, program, fence, signal, onProgress }: TaskContext,
  plan: ReclaimPlan,
  { waitMs, timeBudgetMs }: ReclaimRequest,
): Promise<ReclaimResult> {
  const expected = plan.use.freeBytes ?? 0;
  const tell = (done: number) => onProgress?.({ activity: 'reclaiming', done, expected, unit: 'bytes' });
  tell(0);
  return applyReclaim(engine, plan, { program, fence, waitMs, timeBudgetMs, signal, onProgress: tell });
}
