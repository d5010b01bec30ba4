/** How the database grows, and when it will have outgrown its disk. */
import type { DatabaseSize, Engine } from '../../engines/index.ts';
import { utc } from '../../engines/index.ts';
import { type Change, changesOf, dailySizes, type Point } from './change.ts';
import { type Rate, type Reach, rateOf, reachOf } from './forecast.ts';
import { RECENT_MS, readHistory, readRecent, type SizeHistory } from './history.ts';

/** Days whose sizes are told one by one, of each table and of the database. */
const DAYS = 30;
const YEAR_DAYS = 365;

export interface GrowthOf {
  /** Empty for the database as a whole. */
  readonly name: string;
  /** Its size now, or when it was sampled last; null where neither is known. */
  readonly bytes: number | null;
  readonly changes: readonly Change[];
  /** Its size on each of the last 30 days, oldest first; null for days without a sample. */
  readonly daily: readonly (number | null)[];
  readonly rate: Rate | null;
  /** When it will be twice as large; null where that is unknown. */
  readonly doubles: Reach | null;
}

export interface Growth {
  /** Between which instants (UTC) samples lie; null without any. */
  readonly oldest: string | null;
  readonly newest: string | null;
  readonly whole: GrowthOf;
  /** The size of the database on each of the last 365 days, oldest first; null for days without a sample. */
  readonly year: readonly (number | null)[];
  /** Fastest growing first. */
  readonly tables: readonly GrowthOf[];
  readonly diskFull: Reach | null;
  /** Why it is not known when the disk is full; null where it is. */
  readonly diskFullUnknown: 'disk unseen' | 'few samples' | null;
}

/** How the database as a whole grows. */
export type WholeGrowth = Pick<GrowthOf, 'rate'> & Pick<Growth, 'diskFull'>;

/**
 * Reads samples by their index, some hundred instants at most; never a table itself.
 * @param size as it is now, where it was measured as samples are; then it counts as the newest one
 * @param now in milliseconds since the epoch
 * @returns null where nothing was ever sampled
 */
export async function readGrowth(
  engine: Engine,
  size: DatabaseSize | null,
  diskFree: number | null,
  now: number,
): Promise<Growth | null> {
  if (!(await engine.tableNames()).includes('size_sample')) return null;
  const history = await readHistory(engine, now);
  return history.series.size === 0 ? null : growthOf(history, size, diskFree, now);
}

/** Of {@link Growth} what takes neither the samples of each table nor a year of them; nothing is known without samples. */
export async function readWholeGrowth(
  engine: Engine,
  diskFree: number | null,
  now: number,
): Promise<WholeGrowth> {
  if (!(await engine.tableNames()).includes('size_sample')) return { rate: null, diskFull: null };
  const recent = await readRecent(engine, now);
  const { diskFull } = fullDisk([...recent.diskFree, ...present(freeNow(diskFree, now))], now);
  return { rate: rateOf(recent.whole), diskFull };
}

export function growthOf(
  { series, year, diskFree: sampledFree }: SizeHistory,
  size: DatabaseSize | null,
  diskFree: number | null,
  now: number,
): Growth {
  const current = new Map<string, Point>();
  if (size) {
    current.set('', { at: now, bytes: size.totalBytes, rows: null });
    for (const { name, totalBytes, rows } of size.tables)
      current.set(name, { at: now, bytes: totalBytes, rows });
  }
  const of = (name: string) => each(name, [...(series.get(name) ?? []), ...present(current.get(name))], now);
  const isRecent = ({ at }: Point) => at >= now - RECENT_MS;
  // One of which only last year knows is gone.
  const names = [...series]
    .filter(([name, points]) => name !== '' && (size ? isThere(size, name) : points.some(isRecent)))
    .map(([name]) => name);
  const free = [...sampledFree.filter(isRecent), ...present(freeNow(diskFree, now))];
  return {
    oldest: instantOf(year[0]),
    newest: instantOf(year.at(-1)),
    whole: of(''),
    year: dailySizes([...year, ...present(current.get(''))], now, YEAR_DAYS),
    tables: names.map(of).sort((a, b) => speed(b) - speed(a) || a.name.localeCompare(b.name)),
    ...fullDisk(free, now),
  };
}

function each(name: string, points: readonly Point[], now: number): GrowthOf {
  const rate = rateOf(points.filter(({ at }) => at >= now - RECENT_MS));
  const bytes = points.at(-1)?.bytes ?? null;
  return {
    name,
    bytes,
    changes: changesOf(points, now),
    daily: dailySizes(points, now, DAYS),
    rate,
    doubles: rate && bytes !== null ? reachOf(bytes, rate, now) : null,
  };
}

/** By what became of the disk itself: others write to it, too. */
function fullDisk(free: readonly Point[], now: number): Pick<Growth, 'diskFull' | 'diskFullUnknown'> {
  const left = free.at(-1);
  if (!left) return { diskFull: null, diskFullUnknown: 'disk unseen' };
  const rate = rateOf(free);
  if (!rate) return { diskFull: null, diskFullUnknown: 'few samples' };
  return { diskFull: reachOf(left.bytes, { low: -rate.high, high: -rate.low }, now), diskFullUnknown: null };
}

/** By the longest time over which its change is known; tables of unknown growth come last. */
function speed({ changes, rate }: GrowthOf): number {
  if (rate) return rate.perDay;
  const known = changes.findLast(({ bytes }) => bytes !== null);
  return known ? (known.bytes ?? 0) / known.days : Number.NEGATIVE_INFINITY;
}

/** One that was dropped has no growth; one that is busy is there. */
function isThere({ tables, unmeasured }: DatabaseSize, name: string): boolean {
  return [...tables, ...unmeasured].some((table) => table.name === name);
}

function freeNow(diskFree: number | null, now: number): Point | undefined {
  return diskFree === null ? undefined : { at: now, bytes: diskFree, rows: null };
}

function instantOf(point: Point | undefined): string | null {
  return point ? utc(point.at) : null;
}

function present<T>(value: T | undefined): T[] {
  return value === undefined ? [] : [value];
}
