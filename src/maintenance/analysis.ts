/** Which tables need their planner's statistics made anew, and why. */
import { type Engine, type TableStatistics, utc } from '../engines/index.ts';
import { patiently } from '../pacing/index.ts';
import { DAY_MS, type Database } from '../schema/index.ts';

/** Samples of so long ago say what has changed since, in milliseconds: hourly ones are kept as long. */
const LOOK_BACK_MS = 14 * DAY_MS;
/** A table that has grown or shrunk by so much has changed. */
const CHANGED = 0.1;

/** `unknown`: neither the engine nor a sample can tell. */
export type Freshness = 'changed' | 'never' | 'samples' | 'fresh' | 'unknown';

export interface PlannedAnalysis {
  readonly table: string;
  /** As the engine counts them; null where it does not, or they are not known. */
  readonly changes: number | null;
  readonly threshold: number | null;
  readonly analyzedAt: string | null;
  /** What is known of its statistics. */
  readonly freshness: Freshness;
  /** A sentence. */
  readonly reason: string;
  readonly chosen: boolean;
}

export interface AnalysisChoice {
  /** `stale`: only those that need it. */
  readonly which: 'stale' | 'all';
  readonly signal?: AbortSignal | undefined;
  /** In milliseconds since the epoch. */
  readonly now: number;
}

/** Reads only, and no rows of the tables. Tables that are not there are left out. */
export async function planAnalysis(
  engine: Engine,
  tables: readonly string[],
  { which, signal, now }: AnalysisChoice,
): Promise<PlannedAnalysis[]> {
  const found = await patiently(() => engine.statistics(tables), { signals: [signal] });
  const planned: PlannedAnalysis[] = [];
  for (const one of found) {
    const known = one.stale === null ? await bySamples(engine, one, now) : byEngine(one);
    planned.push({
      ...{ table: one.table, changes: one.changes, threshold: one.threshold, analyzedAt: one.analyzedAt },
      ...known,
      chosen: which === 'all' || !['fresh', 'unknown'].includes(known.freshness),
    });
  }
  return planned;
}

type Known = Pick<PlannedAnalysis, 'freshness' | 'reason'>;

function byEngine({ changes, threshold, stale, never }: TableStatistics): Known {
  if (never) return { freshness: 'never', reason: 'It was never analyzed.' };
  const counted = changes !== null && threshold !== null;
  if (stale)
    return {
      freshness: 'changed',
      reason: counted
        ? `${changes} rows have changed, more than the ${threshold} after which the engine would do it.`
        : 'It has become ten times as large or as small.',
    };
  return {
    freshness: 'fresh',
    reason: counted
      ? `${changes} rows have changed, at most the ${threshold} after which the engine would do it.`
      : 'It has hardly changed.',
  };
}

/** Rows then and now; where the engine has estimated them from the statistics themselves, the bytes tell more. */
async function bySamples(
  engine: Engine,
  { table, analyzedAt, why }: TableStatistics,
  now: number,
): Promise<Known> {
  const since = [utc(now - LOOK_BACK_MS), analyzedAt ?? ''].sort().at(-1) ?? '';
  const [then] = await sampleQuery(engine, table, since, 'asc').execute();
  const [last] = await sampleQuery(engine, table, since, 'desc').execute();
  const unknown = `It ${why ?? 'cannot be known whether it has changed'}`;
  if (!then || !last || then.taken_at === last.taken_at)
    return { freshness: 'unknown', reason: `${unknown}, and there are no two samples of its size.` };
  const share = Math.max(change(then.row_count, last.row_count), change(then.total_bytes, last.total_bytes));
  const percent = Math.round(share * 100);
  return {
    freshness: share >= CHANGED ? 'samples' : 'fresh',
    reason: `${unknown}; by the samples of its size it has changed by ${percent} % since ${then.taken_at.slice(0, 16)}.`,
  };
}

/** One sample, by the index of table and time. */
export function sampleQuery(engine: Engine, table: string, since: string, order: 'asc' | 'desc') {
  return engine
    .kysely<Database>()
    .selectFrom('size_sample')
    .select(['taken_at', 'row_count', 'total_bytes'])
    .where('table_name', '=', table)
    .where('taken_at', '>=', since)
    .orderBy('taken_at', order)
    .limit(1);
}

function change(then: bigint | null, last: bigint | null): number {
  if (then === null || last === null) return 0;
  const [before, after] = [Number(then), Number(last)];
  return Math.abs(after - before) / Math.max(1, before);
}
