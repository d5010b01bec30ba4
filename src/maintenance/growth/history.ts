/** How big the database and its tables were: of the samples that are kept, those that growth is told by. */
import type { Engine } from '../../engines/index.ts';
import { instantMs, utc } from '../../engines/index.ts';
import { DAY_MS, type Database } from '../../schema/index.ts';
import { NEAR_MS, type Point } from './change.ts';

/** Further back is another time: what grew then says little of what grows now. */
export const RECENT_MS = 90 * DAY_MS;
/** The longest time that a change is told over, and how far the sample of then may be away. */
const OLDEST_MS = Math.max(...[...NEAR_MS].map(([days, near]) => days * DAY_MS + near));
/** Instants that are looked at: as many as somebody who takes one every few minutes has in that time. */
const MOST_INSTANTS = 20_000;

export interface SizeHistory {
  /** By table, oldest first; those of the database as a whole under the empty name. */
  readonly series: ReadonlyMap<string, readonly Point[]>;
  /** Of the database as a whole, each sample of the last year. */
  readonly year: readonly Point[];
  /** Bytes that were free on the disk of the database. */
  readonly diskFree: readonly Point[];
}

interface Instant {
  readonly id: bigint;
  readonly at: number;
}

/**
 * The first sample of each of the last ninety days, the newest one, and the nearest ones to the days that changes are told since: a
 * hundred at most, however many there are; and of the database as a whole the last year. Reads only.
 * @param now in milliseconds since the epoch; younger samples are those of a clock that was wrong
 */
export async function readHistory(engine: Engine, now: number): Promise<SizeHistory> {
  const found = await instantsQuery(engine, now).execute();
  const instants = found.map(({ id, taken_at }) => ({ id, at: instantMs(taken_at) }));
  const year = found
    .map(({ taken_at, total_bytes }) => ({ at: instantMs(taken_at), bytes: Number(total_bytes), rows: null }))
    .reverse();
  const chosen = chooseInstants(instants, now);
  const rows = chosen.length === 0 ? [] : await rowsQuery(engine, chosen).execute();
  const series = new Map<string, Point[]>();
  const diskFree: Point[] = [];
  for (const row of rows) {
    const at = instantMs(row.taken_at);
    const points = series.get(row.table_name) ?? [];
    series.set(row.table_name, points);
    points.push({
      at,
      bytes: Number(row.total_bytes),
      rows: row.row_count === null ? null : Number(row.row_count),
    });
    if (row.table_name === '' && row.disk_free !== null)
      diskFree.push({ at, bytes: Number(row.disk_free), rows: null });
  }
  return { series, year, diskFree };
}

/** The same of the database as a whole alone, of the last ninety days: each of its samples. @param now as for {@link readHistory} */
export async function readRecent(
  engine: Engine,
  now: number,
): Promise<{ readonly whole: readonly Point[]; readonly diskFree: readonly Point[] }> {
  const newestFirst = await instantsQuery(engine, now, RECENT_MS).execute();
  const found = newestFirst.reverse().map((row) => ({ ...row, at: instantMs(row.taken_at), rows: null }));
  return {
    whole: found.map(({ at, rows, total_bytes }) => ({ at, rows, bytes: Number(total_bytes) })),
    diskFree: found.flatMap(({ at, rows, disk_free }) =>
      disk_free === null ? [] : [{ at, rows, bytes: Number(disk_free) }],
    ),
  };
}

export function instantsQuery(engine: Engine, now: number, backMs = OLDEST_MS) {
  return engine
    .kysely<Database>()
    .selectFrom('size_sample')
    .select(['id', 'taken_at', 'total_bytes', 'disk_free'])
    .where('table_name', '=', '')
    .where('taken_at', '>=', utc(now - backMs))
    .where('taken_at', '<=', utc(now))
    .orderBy('taken_at', 'desc')
    .limit(MOST_INSTANTS);
}

/** What was sampled together has one instant. */
export function rowsQuery(engine: Engine, instants: readonly Instant[]) {
  const ids = instants.map(({ id }) => id);
  return engine
    .kysely<Database>()
    .selectFrom('size_sample as whole')
    .innerJoin('size_sample as each', 'each.taken_at', 'whole.taken_at')
    .where(engine.among('whole.id', ids))
    .select(['each.taken_at', 'each.table_name', 'each.row_count', 'each.total_bytes', 'each.disk_free'])
    .orderBy('each.taken_at')
    .orderBy('each.id');
}

export function chooseInstants(instants: readonly Instant[], now: number): Instant[] {
  const chosen = new Map<number, Instant>();
  const take = (instant: Instant | undefined) => instant && chosen.set(instant.at, instant);
  const sorted = [...instants].sort((a, b) => a.at - b.at);
  const recent = sorted.filter(({ at }) => at >= now - RECENT_MS);
  for (const ofDay of Map.groupBy(recent, ({ at }) => Math.floor(at / DAY_MS)).values()) take(ofDay[0]);
  take(sorted.at(-1));
  for (const days of NEAR_MS.keys()) take(nearest(sorted, now - days * DAY_MS));
  return [...chosen.values()].sort((a, b) => a.at - b.at);
}

function nearest(instants: readonly Instant[], to: number): Instant | undefined {
  return instants.reduce<Instant | undefined>(
    (best, each) => (best === undefined || Math.abs(each.at - to) < Math.abs(best.at - to) ? each : best),
    undefined,
  );
}
