/**
 * What differs between a table of two databases: by ranges of keys first, then row by row where a range's sums differ. Keys are put
 * in order by this process, as each server has its own order of texts.
 */
import type { RowStreamTable } from '../row-stream/format.ts';
import { summedRow } from '../row-stream/pieces.ts';
import { RowCodec, type RowDigest, RowSum } from '../row-stream/values.ts';
import { withBytesOfInvalidText } from '../rows/faithful.ts';
import { type KeyRange, readRows } from '../rows/read-rows.ts';
import { isSameSum, rangesFrom, type Side, type SummingOptions, sumOf } from './portions.ts';

export interface ComparedTable {
  readonly table: string;
  readonly here: RowSum;
  readonly there: RowSum;
  readonly ranges: readonly DifferentRange[];
}

export interface DifferentRange {
  readonly range: KeyRange;
  readonly here: RowSum;
  readonly there: RowSum;
  /** The first of them. */
  readonly rows: readonly DifferentRow[];
  /** Of all that differ in this range. */
  readonly count: number;
}

export interface DifferentRow {
  /** The values of the primary key, as text; bytes as `0x` and hexadecimal digits. */
  readonly key: readonly string[];
  readonly how: 'differs' | 'only here' | 'only there';
}

export interface ComparingOptions extends SummingOptions {
  /** How many rows are named of each table. */
  readonly mostRows: number;
}

/** @param table as both have it: the same columns, in the same order */
export async function compareTable(
  here: Side,
  there: Side,
  table: RowStreamTable,
  options: ComparingOptions,
): Promise<ComparedTable> {
  const whole = { here: new RowSum(), there: new RowSum() };
  const ranges: DifferentRange[] = [];
  let named = 0;
  // The last range has no end, and the first no beginning: what only the other database has is in one of them.
  for await (const range of rangesFrom(here, table)) {
    const [sum, other] = await Promise.all([
      sumOf(here, table, range, options),
      sumOf(there, table, range, { signal: options.signal }),
    ]);
    whole.here.addAll(sum);
    whole.there.addAll(other);
    if (isSameSum(sum, other)) continue;
    const rows: DifferentRow[] = [];
    let count = 0;
    for await (const row of differingRows(here, there, table, range, options)) {
      count++;
      if (named++ < options.mostRows) rows.push(row);
    }
    ranges.push({ range, here: sum, there: other, rows, count });
  }
  return { table: table.name, ...whole, ranges };
}

interface KeyedDigest {
  readonly key: readonly unknown[];
  readonly digest: RowDigest;
}

async function* differingRows(
  here: Side,
  there: Side,
  table: RowStreamTable,
  range: KeyRange,
  { signal }: SummingOptions,
): AsyncGenerator<DifferentRow> {
  const [one, other] = [digestsIn(here, table, range, signal), digestsIn(there, table, range, signal)];
  const [id] = table.key;
  const isNumber =
    table.key.length === 1 && table.columns.some(({ name, type }) => name === id && type === 'bigint');
  yield* isNumber ? inOrderOfIds(one, other) : byKey(one, other);
}

async function* digestsIn(
  { engine, db }: Side,
  table: RowStreamTable,
  range: KeyRange,
  signal: AbortSignal | undefined,
): AsyncGenerator<KeyedDigest> {
  const codec = new RowCodec(table.columns);
  const places = table.key.map((part) => table.columns.findIndex(({ name }) => name === part));
  for await (const page of readRows(engine, db, table, { range, signal }))
    for (const row of await withBytesOfInvalidText(engine, db, table, page))
      yield {
        key: places.map((place) => row[place]),
        digest: codec.digest(await summedRow(table.columns, row)),
      };
}

/** Numbers have one order everywhere: one row of each side at a time, however many there are. */
async function* inOrderOfIds(
  here: AsyncGenerator<KeyedDigest>,
  there: AsyncGenerator<KeyedDigest>,
): AsyncGenerator<DifferentRow> {
  let [one, other] = [await here.next(), await there.next()];
  while (!one.done || !other.done) {
    const ids = [one, other].map((next) => (next.done ? undefined : BigInt(String(next.value.key[0]))));
    const [a, b] = ids;
    if (!one.done && (b === undefined || (a !== undefined && a < b))) {
      yield { key: words(one.value), how: 'only here' };
      one = await here.next();
    } else if (!other.done && (a === undefined || (b !== undefined && b < a))) {
      yield { key: words(other.value), how: 'only there' };
      other = await there.next();
    } else if (!one.done && !other.done) {
      if (one.value.digest !== other.value.digest) yield { key: words(one.value), how: 'differs' };
      [one, other] = [await here.next(), await there.next()];
    }
  }
}

/** Tables with other keys are small: all keys of one side are in memory. */
async function* byKey(
  here: AsyncGenerator<KeyedDigest>,
  there: AsyncGenerator<KeyedDigest>,
): AsyncGenerator<DifferentRow> {
  const left = new Map<string, KeyedDigest>();
  for await (const row of here) left.set(JSON.stringify(words(row)), row);
  for await (const row of there) {
    const key = JSON.stringify(words(row));
    const same = left.get(key);
    left.delete(key);
    if (same === undefined) yield { key: words(row), how: 'only there' };
    else if (same.digest !== row.digest) yield { key: words(row), how: 'differs' };
  }
  for (const row of left.values()) yield { key: words(row), how: 'only here' };
}

function words({ key }: KeyedDigest): readonly string[] {
  // As UTF-8, two keys of bytes could be the same text.
  return key.map((value) => (Buffer.isBuffer(value) ? `0x${value.toString('hex')}` : String(value)));
}
