/** Which tables are worth writing anew. */
import type { RebuildCost, RebuildOffer, Upkeep } from '../engines/index.ts';

/** What was remembered of the last rebuild. */
export interface LastRebuild {
  /** When it ended (UTC). */
  readonly at: string;
  readonly before: number;
  readonly after: number;
  /** What the engine still said would come back, right behind it; null where it did not say. */
  readonly floor: number | null;
  readonly milliseconds: number;
}

export interface RebuildLimits {
  /** Bytes that come back, as a share of all from 0 to 1, and as a number; it is worth it from both on. */
  readonly minShare: number;
  readonly minBytes: number;
}

/** `named`: somebody asked for it; `too-little`, `unknown` and `obstacle` are why it is not chosen. */
export type RebuildReason = 'named' | 'worth-it' | 'too-little' | 'rebuilt-before' | 'unknown' | 'obstacle';

export interface PlannedRebuild extends RebuildCost {
  /** {@link RebuildCost.floor} without what the engine has said right behind the last rebuild already, which was not true. */
  readonly gain: number | null;
  readonly last: LastRebuild | null;
  readonly reason: RebuildReason;
  readonly chosen: boolean;
  /** How long it takes at the pace of the last rebuilds, in milliseconds; null where there was none. */
  readonly milliseconds: number | null;
}

export interface RebuildPlan {
  readonly offer: Omit<RebuildOffer, 'costs'>;
  /** What would bring most comes first. */
  readonly tables: readonly PlannedRebuild[];
}

export interface RebuildQuestion {
  readonly tables: readonly string[];
  /** Whether they were asked for by name: then worth is no question. */
  readonly named: boolean;
  readonly limits: RebuildLimits;
  readonly last: ReadonlyMap<string | null, LastRebuild>;
}

/** Reads only, and no rows. */
export async function planRebuilds(
  engine: Upkeep,
  { tables, named, limits, last }: RebuildQuestion,
): Promise<RebuildPlan> {
  const { costs, ...offer } = await engine.rebuilds(tables);
  const pace = paceOf([...last.values()]);
  const planned = costs.map((cost): PlannedRebuild => {
    const before = last.get(cost.table) ?? null;
    const gain = cost.floor === null ? null : Math.max(0, cost.floor - (before?.floor ?? 0));
    const reason = reasonOf(cost, gain, named, limits);
    const kept = Math.max(0, cost.bytes - (cost.floor ?? 0));
    return {
      ...cost,
      ...{ gain, last: before, reason },
      chosen: reason === 'named' || reason === 'worth-it',
      milliseconds: expectedDuration(kept, pace),
    };
  });
  return { offer, tables: planned.sort((a, b) => (b.gain ?? 0) - (a.gain ?? 0) || b.bytes - a.bytes) };
}

function reasonOf(
  { floor, bytes, obstacle }: RebuildCost,
  gain: number | null,
  named: boolean,
  { minShare, minBytes }: RebuildLimits,
): RebuildReason {
  const isWorth = (count: number) => count >= minBytes && count >= minShare * bytes;
  if (obstacle !== null) return 'obstacle';
  if (named) return 'named';
  if (gain === null || floor === null) return 'unknown';
  if (isWorth(gain)) return 'worth-it';
  return isWorth(floor) ? 'rebuilt-before' : 'too-little';
}

/** Smaller ones say nothing of the pace of a large one. */
const TELLING_BYTES = 1024 * 1024;

/** Bytes of the new copies a millisecond; null where no rebuild is remembered. */
function paceOf(rebuilds: readonly LastRebuild[]): number | null {
  const telling = rebuilds.filter(({ after, milliseconds }) => after >= TELLING_BYTES && milliseconds > 0);
  const sum = (pick: (one: LastRebuild) => number) => telling.reduce((total, one) => total + pick(one), 0);
  return telling.length === 0 ? null : sum(({ after }) => after) / sum(({ milliseconds }) => milliseconds);
}

/** @param pace bytes a millisecond @returns milliseconds */
function expectedDuration(bytes: number, pace: number | null): number | null {
  return pace === null ? null : Math.round(bytes / pace);
}
