/** What became of the space that a purge has freed. */
import type { PurgeResult } from '../cleanup/index.ts';
import type { SpaceUse } from '../engines/index.ts';
import { isMultiFlexiError, type MultiFlexiError } from '../errors.ts';
import {
  compareSpace,
  measureSpace,
  planReclaim,
  type ReclaimResult,
  type SpaceReport,
} from '../maintenance/index.ts';
import type { TaskContext } from './context.ts';
import { carryOutReclaim } from './reclaim.ts';

export interface SpaceOutcome {
  /** Null when it could not be measured any more. */
  readonly report: SpaceReport | null;
  /** Null where none was asked for, or the purge was stopped. */
  readonly reclaim: ReclaimResult | null;
  /** What kept the space from being given back or measured: the purge itself was done. */
  readonly failure: MultiFlexiError | null;
}

interface ReclaimWish {
  readonly waitMs: number;
  readonly timeBudgetMs?: number | undefined;
  readonly reclaim?: boolean | undefined;
}

/** A failure here is told beside the purge's result, which is worth telling in any case. */
export async function spaceAfterPurge(
  context: TaskContext,
  before: SpaceUse,
  { stopped, milliseconds }: Pick<PurgeResult, 'stopped' | 'milliseconds'>,
  { waitMs, timeBudgetMs, reclaim: wanted }: ReclaimWish,
): Promise<SpaceOutcome> {
  const { engine } = context;
  let report: SpaceReport | null = null;
  try {
    const purged = await measureSpace(engine);
    report = await compareSpace(engine, before, purged, purged);
    if (!wanted || stopped !== null) return { report, reclaim: null, failure: null };
    const left = timeBudgetMs === undefined ? undefined : Math.max(1, timeBudgetMs - milliseconds);
    const plan = await planReclaim(engine);
    const reclaim = await carryOutReclaim(context, plan, { waitMs, timeBudgetMs: left });
    report = await compareSpace(engine, before, purged, reclaim.after);
    return { report, reclaim, failure: null };
  } catch (error) {
    if (!isMultiFlexiError(error)) throw error;
    return { report, reclaim: null, failure: error };
  }
}
