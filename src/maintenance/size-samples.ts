/** Samples of how big the tables are: hourly ones for two weeks, then one a day for two years. */
import { sql } from 'kysely';
import { type DatabaseSize, type Engine, type UnmeasuredTable, utc } from '../engines/index.ts';
import { type Fenced, fencedTransaction } from '../leases/index.ts';
import { DAY_MS, type Database } from '../schema/index.ts';

/** For so long every sample is kept, and for so long one a day, in milliseconds. */
const HOURLY_FOR_MS = 14 * DAY_MS;
const DAILY_FOR_MS = 730 * DAY_MS;
/** Of so many tables, the biggest, samples are kept: others may have made thousands in the same database. */
const MOST_TABLES = 200;
/** Characters of a table's name that a sample has room for. */
const LONGEST_NAME = 64;
/** Days that are thinned at a time, and samples that are looked at of each, or deleted because they are too old. */
const MOST_DAYS = 31;
const MOST_SAMPLES = 10_000;
/** Rows that are deleted in a transaction. */
const TOGETHER = 500;

export interface SizeSample {
  /** Empty for the database as a whole. */
  readonly table: string;
  readonly rows: number | null;
  readonly rowsExact: boolean;
  readonly dataBytes: number | null;
  readonly indexBytes: number | null;
  readonly totalBytes: number;
  readonly freeBytes: number | null;
  readonly diskFree: number | null;
}

export interface SampleSpan {
  readonly oldest: string | null;
  /** Of those that are not of the future, as behind a clock that was wrong. */
  readonly newest: string | null;
}

/** What is there too much of. */
export interface Thinning {
  readonly ids: readonly bigint[];
  /** The first day (`YYYY-MM-DD`) that is not thinned yet: where the next one continues. */
  readonly day: string | null;
}

/** When the oldest and the newest sample were taken. @param now in milliseconds since the epoch */
export async function sampleSpan(engine: Engine, now: number): Promise<SampleSpan> {
  const { rows } = await spanQuery(utc(now)).execute(engine.kysely<Database>());
  return rows[0] ?? { oldest: null, newest: null };
}

export function spanQuery(now: string) {
  return sql<SampleSpan>`select (select min(taken_at) from size_sample) as oldest,
    (select max(taken_at) from size_sample where taken_at <= ${now}) as newest`;
}

export interface Sampled {
  readonly samples: readonly SizeSample[];
  /** Tables that are not in it: what is not known is not sampled. */
  readonly leftOut: readonly UnmeasuredTable[];
}

/** Of the database as a whole, and of its biggest tables as far as that costs nothing to speak of. Reads only. */
export async function takeSample(engine: Engine): Promise<Sampled> {
  return sampleOf(await engine.sizes('cheap'), await engine.freeDisk());
}

/** @param size measured `cheap`, as all samples are: exact figures among estimates would look like growth */
export function sampleOf(size: DatabaseSize, diskFree: number | null): Sampled {
  return { samples: [ofWhole(size, diskFree), ...ofTables(size)], leftOut: size.unmeasured };
}

/** @param now when it was taken, in milliseconds since the epoch @throws what a fenced transaction throws */
export async function recordSample(
  engine: Engine,
  fenced: Fenced,
  samples: readonly SizeSample[],
  now: number,
): Promise<void> {
  const rows = samples.map((sample) => ({
    taken_at: utc(now),
    table_name: sample.table,
    row_count: whole(sample.rows),
    rows_exact: sample.rowsExact,
    data_bytes: whole(sample.dataBytes),
    index_bytes: whole(sample.indexBytes),
    total_bytes: BigInt(Math.round(sample.totalBytes)),
    free_bytes: whole(sample.freeBytes),
    disk_free: whole(sample.diskFree),
  }));
  await fencedTransaction<Database, unknown>(engine, fenced, (db) =>
    db.insertInto('size_sample').values(rows).execute(),
  );
}

/**
 * Of each day that is over for two weeks the samples behind the first, and all that are older than two years. Bounded: what
 * is left is found by the next one. Reads only.
 * @param from the day to begin with; that of the oldest sample unless known
 */
export async function planThinning(
  engine: Engine,
  { oldest }: SampleSpan,
  now: number,
  from: string | null,
): Promise<Thinning> {
  const [keptFrom, hourlyFrom] = [utc(now - DAILY_FOR_MS), utc(now - HOURLY_FOR_MS)];
  if (oldest === null || oldest >= hourlyFrom) return { ids: [], day: from };
  const ids = oldest < keptFrom ? await olderThan(engine, keptFrom) : [];
  const first = [from ?? dayOf(oldest), dayOf(keptFrom), dayOf(oldest)].sort().at(-1) ?? dayOf(hourlyFrom);
  let day = first;
  for (let days = 0; days < MOST_DAYS && startOf(dayAfter(day)) <= hourlyFrom; days++) {
    const samples = await ofDay(engine, day).execute();
    const kept = samples[0]?.taken_at;
    ids.push(...samples.filter(({ taken_at }) => taken_at !== kept).map(({ id }) => id));
    day = dayAfter(day);
  }
  return { ids: [...new Set(ids)], day };
}

/** @returns how many were deleted; fewer where the signal has ended it */
export async function deleteSamples(engine: Engine, fenced: Fenced, ids: readonly bigint[]): Promise<number> {
  let deleted = 0;
  for (let at = 0; at < ids.length && !fenced.signal?.aborted; at += TOGETHER) {
    const some = ids.slice(at, at + TOGETHER);
    const { numDeletedRows } = await fencedTransaction<Database, { numDeletedRows: bigint }>(
      engine,
      fenced,
      (db) => db.deleteFrom('size_sample').where(engine.among('id', some)).executeTakeFirstOrThrow(),
    );
    deleted += Number(numDeletedRows);
  }
  return deleted;
}

export function ofDay(engine: Engine, day: string) {
  return engine
    .kysely<Database>()
    .selectFrom('size_sample')
    .select(['id', 'taken_at'])
    .where('taken_at', '>=', startOf(day))
    .where('taken_at', '<', startOf(dayAfter(day)))
    .orderBy('taken_at')
    .orderBy('id')
    .limit(MOST_SAMPLES);
}

async function olderThan(engine: Engine, instant: string): Promise<bigint[]> {
  const rows = await engine
    .kysely<Database>()
    .selectFrom('size_sample')
    .select('id')
    .where('taken_at', '<', instant)
    .orderBy('taken_at')
    .orderBy('id')
    .limit(MOST_SAMPLES)
    .execute();
  return rows.map(({ id }) => id);
}

function ofWhole({ totalBytes, freeBytes }: DatabaseSize, diskFree: number | null): SizeSample {
  const unknown = { rows: null, rowsExact: false, dataBytes: null, indexBytes: null };
  return { table: '', ...unknown, totalBytes, freeBytes, diskFree };
}

function ofTables({ tables }: DatabaseSize): SizeSample[] {
  return tables
    .filter(({ name }) => name !== '' && [...name].length <= LONGEST_NAME)
    .slice(0, MOST_TABLES)
    .map(({ name, dataBytes, overflowBytes, ...size }) => ({
      table: name,
      ...size,
      dataBytes: dataBytes + (overflowBytes ?? 0),
      diskFree: null,
    }));
}

function whole(count: number | null): bigint | null {
  return count === null ? null : BigInt(Math.round(count));
}

function dayOf(instant: string): string {
  return instant.slice(0, 10);
}

function startOf(day: string): string {
  return `${day} 00:00:00.000000`;
}

function dayAfter(day: string): string {
  return dayOf(utc(Date.parse(`${day}T00:00:00Z`) + DAY_MS));
}
