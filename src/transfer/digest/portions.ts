/** A table in portions of its key, each with the sum of its rows: what two databases are compared by. */
import { setImmediate as turn } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { collectStreamed } from '../../system/index.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { LARGE_VALUE, LargeValue } from '../row-stream/large-value.ts';
import { summedRow } from '../row-stream/pieces.ts';
import { type Row, RowCodec, RowSum } from '../row-stream/values.ts';
import { withBytesOfInvalidText } from '../rows/faithful.ts';
import { type KeyRange, type Reading, readRows } from '../rows/read-rows.ts';
import { streamedBy } from '../rows/streamed-rows.ts';
import { type DigestTaker, LineSums } from './line-sums.ts';
import { keyOf, type RowDigestParts, RowDigests } from './row-digests.ts';

/** Few enough that the digests of a portion are in memory, and many enough that there are few portions. */
const ROWS = 20_000;

/** A side of a comparison: an engine, and the session that is read. */
export interface Side {
  readonly engine: Engine;
  readonly db: Kysely<unknown>;
  /** Another session that sees the same. */
  readonly elsewhere?: Elsewhere | undefined;
}

/** Null where it could not, for whatever reason. */
export interface Elsewhere {
  sum(table: RowStreamTable, range: KeyRange): Promise<RowSum | null>;
  digests(table: RowStreamTable, range: KeyRange, known: RowSum | undefined): Promise<RangeDigests | null>;
}

export interface RangeDigests {
  readonly sum: RowSum;
  /** Null where the sum is the one that was known. */
  readonly rows: RowDigestParts | null;
}

/** Reads in a transaction whose reads are all of one moment, and of one session. */
export function ofOneMoment<T>(engine: Engine, read: (side: Side) => Promise<T>): Promise<T> {
  return engine
    .kysely<unknown>()
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute((db) => read({ engine, db }));
}

/** Several such sessions, each of its own moment; one where statements block the process, which gain nothing by others. */
export function atOnce<T>(
  engine: Engine,
  sessions: number,
  read: (sides: readonly [Side, ...Side[]]) => Promise<T>,
): Promise<T> {
  const count = engine.capabilities.statementsBlock ? 1 : sessions;
  const open = (sides: readonly [Side, ...Side[]]): Promise<T> =>
    sides.length >= count ? read(sides) : ofOneMoment(engine, (side) => open([...sides, side]));
  return ofOneMoment(engine, (side) => open([side]));
}

/** The sides take turns: while one waits for its server, another computes. @returns in the order of the items */
export async function shared<Item, T>(
  sides: readonly Side[],
  items: readonly Item[],
  work: (side: Side, item: Item) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  let failed = false;
  await Promise.all(
    sides.map(async (side) => {
      for (let place = next++; place < items.length && !failed; place = next++)
        try {
          results[place] = await work(side, items[place] as Item);
        } catch (error) {
          failed = true;
          throw error;
        }
    }),
  );
  return results;
}

export interface Portion {
  readonly table: RowStreamTable;
  /** The last one of a table has no end. */
  readonly range: KeyRange;
  readonly sum: RowSum;
}

export interface SummingOptions {
  readonly signal?: AbortSignal | undefined;
  /** How many rows were read just now. */
  readonly onRows?: ((rows: number) => void) | undefined;
}

/**
 * Ranges of about as many rows each, together the whole table from a key on.
 * @param from the first key; null for all of the table
 */
export async function* rangesFrom(
  { db }: Side,
  { name, key }: RowStreamTable,
  from: bigint | null = null,
  rows: number = ROWS,
): AsyncGenerator<KeyRange> {
  const [id] = key;
  if (id === undefined || key.length > 1) {
    yield { first: null, last: null };
    return;
  }
  let first = from;
  for (;;) {
    const onwards = first === null ? sql`` : sql`where ${sql.ref(id)} >= ${first}`;
    const { rows: ends } = await sql<{ value: unknown }>`
      select ${sql.ref(id)} as value from ${sql.table(name)} ${onwards}
      order by ${sql.ref(id)} limit 2 offset ${sql.lit(rows - 1)}`.execute(db);
    const [last, next] = ends;
    // Keys of another kind have no next one, nor has the largest number that a key can be.
    const end = typeof last?.value === 'bigint' && next ? last.value : null;
    yield { first: first === null ? null : [first], last: end === null ? null : [end] };
    if (end === null) return;
    first = end + 1n;
  }
}

export async function sumOf(
  side: Side,
  table: RowStreamTable,
  range: KeyRange,
  options: SummingOptions = {},
): Promise<RowSum> {
  const elsewhere = await side.elsewhere?.sum(table, range);
  options.signal?.throwIfAborted();
  if (elsewhere) {
    options.onRows?.(elsewhere.rows);
    return elsewhere;
  }
  const sum = new RowSum();
  await addRange(side, table, range, sum, options);
  return sum;
}

/** @param known a sum with which the rows are of no interest */
export async function digestsOf(
  side: Side,
  table: RowStreamTable,
  range: KeyRange,
  known: undefined,
  options?: SummingOptions,
): Promise<RangeDigests & { readonly rows: RowDigestParts }>;
export async function digestsOf(
  side: Side,
  table: RowStreamTable,
  range: KeyRange,
  known: RowSum | undefined,
  options?: SummingOptions,
): Promise<RangeDigests>;
export async function digestsOf(
  side: Side,
  table: RowStreamTable,
  range: KeyRange,
  known?: RowSum,
  options: SummingOptions = {},
): Promise<RangeDigests> {
  const elsewhere = await side.elsewhere?.digests(table, range, known);
  options.signal?.throwIfAborted();
  if (elsewhere) {
    options.onRows?.(elsewhere.sum.rows);
    if (elsewhere.rows) collectStreamed(elsewhere.rows.digests.buffer.byteLength);
    return elsewhere;
  }
  const rows = new RowDigests();
  await addRange(side, table, range, rows, options);
  // Those of the ranges before.
  collectStreamed(rows.bytes);
  return { sum: rows.sum, rows: known && isSameSum(known, rows.sum) ? null : rows.parts };
}

async function addRange(
  side: Side,
  table: RowStreamTable,
  range: KeyRange,
  taker: DigestTaker,
  options: SummingOptions,
): Promise<void> {
  const { engine, db } = side;
  const { signal, onRows } = options;
  const lines = LineSums.of(engine, table);
  if (!lines) await addRows(side, table, { range }, taker, options);
  else
    for await (const { rows, left } of lines.add(db, range, taker)) {
      signal?.throwIfAborted();
      onRows?.(rows);
      if (left) await addRows(side, table, left, taker, options);
      await othersTurn(engine);
    }
}

async function addRows(
  { engine, db }: Side,
  table: RowStreamTable,
  which: Pick<Reading, 'range' | 'where'>,
  taker: DigestTaker,
  { signal, onRows }: SummingOptions,
): Promise<void> {
  const adding = new Summing(table, taker);
  for await (const rows of readRows(engine, db, table, { ...which, signal })) {
    await adding.add(await withBytesOfInvalidText(engine, db, table, rows));
    streamedBy(rows);
    onRows?.(rows.length);
    await othersTurn(engine);
  }
}

/** Nothing else would have it: a signal, or the answer of another thread. */
async function othersTurn({ capabilities }: Engine): Promise<void> {
  if (capabilities.statementsBlock) await turn();
}

/** Adds rows on their way to a sum, or to digests by their keys. */
export class Summing {
  private readonly table: RowStreamTable;
  private readonly taker: DigestTaker;
  private readonly codec: RowCodec;
  private readonly places: readonly number[];

  constructor(table: RowStreamTable, taker: DigestTaker) {
    this.table = table;
    this.taker = taker;
    this.codec = new RowCodec(table.columns);
    this.places = table.key.map((part) => table.columns.findIndex(({ name }) => name === part));
  }

  async add(rows: readonly Row[]): Promise<void> {
    const { taker } = this;
    for (const row of rows) {
      // Once for each of millions of rows: only one with a long value has anything to wait for.
      const summed = row.some(isLong) ? await summedRow(this.table.columns, row) : row;
      const digest = this.codec.digest(summed);
      if (taker instanceof RowSum) taker.add(digest);
      else taker.add(digest, keyOf(this.places.map((place) => row[place])));
    }
  }
}

function isLong(value: unknown): boolean {
  if (typeof value === 'string' || Buffer.isBuffer(value)) return value.length > LARGE_VALUE / 3;
  return value instanceof LargeValue;
}

export function isSameSum(a: RowSum, b: RowSum): boolean {
  return a.rows === b.rows && a.digest === b.digest;
}

/** The largest key of a table; null where it is empty or has another kind of key. */
export async function largestId({ db }: Side, { name, key }: RowStreamTable): Promise<bigint | null> {
  const [id] = key;
  if (id === undefined) return null;
  const { rows } = await sql<{ value: unknown }>`
    select max(${sql.ref(id)}) as value from ${sql.table(name)}`.execute(db);
  const value = rows[0]?.value;
  return typeof value === 'bigint' ? value : null;
}

/** As part of a sentence. */
export function rangeWords({ name, key }: RowStreamTable, { first, last }: KeyRange): string {
  const column = key.join(', ');
  if (first === null && last === null) return name;
  if (last === null) return `${name} with ${column} from ${first} on`;
  return `${name} with ${column} ${first === null ? 'up to' : `from ${first} to`} ${last}`;
}
