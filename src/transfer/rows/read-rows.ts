/** Reads a table in the order of its key, a page at a time: memory is bounded by bytes, and every page is an index walk. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { portions } from '../../pacing/index.ts';
import type { RowStreamColumn, RowStreamTable } from '../row-stream/format.ts';
import { LARGE_VALUE } from '../row-stream/large-value.ts';
import { canBePieced } from '../row-stream/pieces.ts';
import { isBulky, type Row } from '../row-stream/values.ts';
import { requireSize } from './restorable.ts';
import { selection, storedRow } from './stored-rows.ts';

const PAGE_ROWS = 1_000;
/** What a page takes in memory at most; a single row that is larger makes a page by itself. */
const PAGE_BYTES = 4 * 1024 * 1024;
/** Rows up to so many bytes are read at once with their sizes, larger ones when the sizes of their page are known. */
const SMALL_ROW = 2 * 1024;

/** Of a page: so many of its rows may be read twice. */
const FEW = 1 / 4;

/** No column of a table is called like that. */
const ROW_BYTES = 'bytes of row';
const JSON_BYTES = 'bytes of json';

/** Rows by their keys: both ends belong to it, null for none. */
export interface KeyRange {
  readonly first: readonly unknown[] | null;
  readonly last: readonly unknown[] | null;
}

export interface Reading {
  /** Only rows of this range; all unless specified. */
  readonly range?: KeyRange | undefined;
  /** Locks the rows, where the engine can: then the transaction need not be of one moment. */
  readonly locked?: boolean | undefined;
  /** Only rows in which this column has a value. */
  readonly notNull?: string | undefined;
  /** Only rows that it holds for. */
  readonly where?: RawBuilder<unknown> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @param db one session, in a transaction where the pages must be of one moment */
export async function* readRows(
  engine: Engine,
  db: Kysely<unknown>,
  { name, key, columns }: RowStreamTable,
  { notNull, where, signal, range, locked = false }: Reading = {},
): AsyncGenerator<Row[]> {
  const others = key.filter((part) => !columns.some((column) => column.name === part));
  // By its key a row is found again.
  const read = {
    name,
    key,
    columns: [...columns, ...others.map((part) => ({ name: part, type: 'bigint' }))],
  };
  const bulky = columns.filter(isBulky);
  const size = sizeOf(engine, bulky);
  const jsonSize = sizeOf(
    engine,
    bulky.filter(({ type }) => type === 'json'),
  );
  const order = list(key);
  const table = sql.table(name);
  const lock = locked && engine.capabilities.rowLocks ? sql`for update` : sql``;
  let after: readonly unknown[] | undefined;
  const sizes = sql`${size} as ${sql.ref(ROW_BYTES)}, ${jsonSize} as ${sql.ref(JSON_BYTES)}`;
  const small = smallValues(read, size);
  const wholeRows = async (conditions: readonly RawBuilder<unknown>[]) => {
    const { rows } = await sql<Record<string, unknown>>`
      select ${selection(engine, read)} from ${table} ${all(conditions)} order by ${order} ${lock}`.execute(
      db,
    );
    return rows.map((record) => storedRow(engine, db, read, record, locked).slice(0, columns.length));
  };
  const [id] = key;
  /** Most of the page is there: only its few large rows are read once more. */
  const withLargeRows = async (column: string, page: readonly Readonly<Record<string, unknown>>[]) => {
    const keys = page.filter((row) => bytesOf(row) > SMALL_ROW).map((row) => row[column]);
    const found = keys.length === 0 ? [] : await wholeRows([sql`${sql.ref(column)} in (${values(keys)})`]);
    const place = read.columns.findIndex(({ name }) => name === column);
    let next = 0;
    return page.map((record) => {
      const isLarge = bytesOf(record) > SMALL_ROW;
      const row = isLarge ? found[next++] : columns.map(({ name }) => record[name]);
      if (!row || (isLarge && place < columns.length && row[place] !== record[column]))
        throw new TypeError(`a row of ${name} is not there any more within one transaction`);
      return row;
    });
  };
  let mayBeSmall = !locked;
  for (;;) {
    signal?.throwIfAborted();
    const behind = [
      ...(notNull === undefined ? [] : [sql`${sql.ref(notNull)} is not null`]),
      ...(where === undefined ? [] : [where]),
      ...(after ? [sql`(${order}) > (${values(after)})`] : []),
      ...inRange(key, { first: after ? null : (range?.first ?? null), last: range?.last ?? null }),
    ];
    const { rows: ahead } = await sql<Record<string, unknown>>`
      select ${mayBeSmall ? small : order}, ${sizes} from ${table} ${all(behind)} order by ${order} limit ${sql.lit(PAGE_ROWS)}`.execute(
      db,
    );
    for (const row of ahead.filter((one) => bytesOf(one) > SMALL_ROW))
      requireSize(
        name,
        key.map((column) => `${column} ${row[column]}`).join(', '),
        { all: bytesOf(row), json: Number(row[JSON_BYTES]) },
        engine.largeValues.largestRow,
      );
    const large = ahead.filter((row) => bytesOf(row) > SMALL_ROW);
    const areSmall = large.length <= ahead.length * FEW;
    const wereRead = mayBeSmall && areSmall;
    mayBeSmall = !locked && areSmall;
    const [page] = portions(ahead, bytesOf, PAGE_BYTES);
    const last = page?.at(-1);
    if (!page || !last) return;
    const upTo = key.map((column) => last[column]);
    if (wereRead && large.length === 0)
      yield page.map((record) => columns.map((column) => record[column.name]));
    else if (wereRead && id !== undefined && key.length === 1) yield await withLargeRows(id, page);
    else yield await wholeRows([...behind, sql`(${order}) <= (${values(upTo)})`]);
    if (ahead.length < PAGE_ROWS && last === ahead.at(-1)) return;
    after = upTo;
  }
}

/** The ranges of so many rows each that a table has, found by walking its key; the last one has no end. */
export async function* keyRanges(
  db: Kysely<unknown>,
  { name, key }: RowStreamTable,
  rows: number,
): AsyncGenerator<KeyRange> {
  const order = list(key);
  for (let first: readonly unknown[] | null = null; ; ) {
    const from: RawBuilder<unknown>[] = first ? [sql`(${order}) >= (${values(first)})`] : [];
    const { rows: found } = await sql<Record<string, unknown>>`
      select ${order} from ${sql.table(name)} ${all(from)}
      order by ${order} limit 2 offset ${sql.lit(rows - 1)}`.execute(db);
    const [last, next] = found.map((row) => key.map((column) => row[column]));
    yield { first, last: next && last ? last : null };
    if (!next) return;
    first = next;
  }
}

/** Whether any row has a value that a file has in pieces. */
export async function hasLargeValues(
  engine: Engine,
  db: Kysely<unknown>,
  { name, columns }: RowStreamTable,
): Promise<boolean> {
  const isLarge = columns
    .filter(canBePieced)
    .map((column) => sql`octet_length(${engine.asText(column.name, column.type)}) > ${sql.lit(LARGE_VALUE)}`);
  if (isLarge.length === 0) return false;
  const { rows } = await sql`
    select 1 as one from ${sql.table(name)} where ${sql.join(isLarge, sql` or `)} limit 1`.execute(db);
  return rows.length > 0;
}

/** The values of rows that are small; of others those columns alone that cannot be large. */
function smallValues({ columns }: RowStreamTable, size: RawBuilder<unknown>): RawBuilder<unknown> {
  return sql.join(
    columns.map((column) => {
      const value = sql.ref(column.name);
      if (!isBulky(column)) return value;
      return sql`case when ${size} > ${sql.lit(SMALL_ROW)} then null else ${value} end as ${value}`;
    }),
  );
}

function bytesOf(row: Readonly<Record<string, unknown>>): number {
  return Number(row[ROW_BYTES]);
}

/** In bytes. */
export function sizeOf(engine: Engine, columns: readonly RowStreamColumn[]): RawBuilder<unknown> {
  const sizes = columns.map(
    (column) => sql`coalesce(octet_length(${engine.asText(column.name, column.type)}), 0)`,
  );
  return sizes.length === 0 ? sql`0` : sql.join(sizes, sql` + `);
}

function list(columns: readonly string[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql.ref(column)));
}

function values(key: readonly unknown[]): RawBuilder<unknown> {
  return sql.join(key.map((value) => sql`${value}`));
}

export function inRange(key: readonly string[], { first, last }: KeyRange): readonly RawBuilder<unknown>[] {
  return [
    ...(first ? [sql`(${list(key)}) >= (${values(first)})`] : []),
    ...(last ? [sql`(${list(key)}) <= (${values(last)})`] : []),
  ];
}

export function all(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
}
