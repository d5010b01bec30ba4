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
  table: RowStreamTable,
  { notNull, where, signal, range, locked = false }: Reading = {},
): AsyncGenerator<Row[]> {
  const { name, key, columns } = table;
  const source: Source = { engine, db, table, read: withKey(table), locked };
  const bulky = columns.filter(isBulky);
  const size = sizeOf(engine, bulky);
  const jsonSize = sizeOf(
    engine,
    bulky.filter(({ type }) => type === 'json'),
  );
  const order = list(key);
  const sizes = sql`${size} as ${sql.ref(ROW_BYTES)}, ${jsonSize} as ${sql.ref(JSON_BYTES)}`;
  const small = smallValues(source.read, size);
  const [id] = key;
  let after: readonly unknown[] | undefined;
  let mayBeSmall = !locked;
  for (;;) {
    signal?.throwIfAborted();
    const behind = [
      ...(notNull === undefined ? [] : [sql`${sql.ref(notNull)} is not null`]),
      ...(where === undefined ? [] : [where]),
      ...(after ? [sql`(${order}) > (${values(after)})`] : []),
      ...inRange(key, { first: after ? null : (range?.first ?? null), last: range?.last ?? null }),
    ];
    const { rows: ahead } = await sql<Listed>`
      select ${mayBeSmall ? small : order}, ${sizes} from ${sql.table(name)} ${all(behind)} order by ${order} limit ${sql.lit(PAGE_ROWS)}`.execute(
      db,
    );
    const large = ahead.filter(isLarge);
    requireSizes(engine, table, large);
    const areSmall = large.length <= ahead.length * FEW;
    const wereRead = mayBeSmall && areSmall;
    mayBeSmall = !locked && areSmall;
    const [page] = portions(ahead, bytesOf, PAGE_BYTES);
    const last = page?.at(-1);
    if (!page || !last) return;
    const upTo = key.map((column) => last[column]);
    if (wereRead && large.length === 0)
      yield page.map((record) => columns.map((column) => record[column.name]));
    else if (wereRead && id !== undefined && key.length === 1) yield await withLargeRows(source, id, page);
    else yield await wholeRows(source, [...behind, sql`(${order}) <= (${values(upTo)})`]);
    if (ahead.length < PAGE_ROWS && last === ahead.at(-1)) return;
    after = upTo;
  }
}

/** What all pages of a reading have in common. */
interface Source {
  readonly engine: Engine;
  readonly db: Kysely<unknown>;
  /** What is wanted. */
  readonly table: RowStreamTable;
  /** With its key, by which a row is found again. */
  readonly read: RowStreamTable;
  readonly locked: boolean;
}

/** A row with its sizes, and with its values or its key alone. */
type Listed = Readonly<Record<string, unknown>>;

function withKey({ name, key, columns }: RowStreamTable): RowStreamTable {
  const others = key.filter((part) => !columns.some((column) => column.name === part));
  return { name, key, columns: [...columns, ...others.map((part) => ({ name: part, type: 'bigint' }))] };
}

/** @throws CANNOT_BE_SAVED for a row that is too large to be read */
function requireSizes(engine: Engine, { name, key }: RowStreamTable, large: readonly Listed[]): void {
  for (const row of large)
    requireSize(
      name,
      key.map((column) => `${column} ${row[column]}`).join(', '),
      { all: bytesOf(row), json: Number(row[JSON_BYTES]) },
      engine.largeValues.largestRow,
    );
}

async function wholeRows(
  { engine, db, table, read, locked }: Source,
  conditions: readonly RawBuilder<unknown>[],
): Promise<Row[]> {
  const lock = locked && engine.capabilities.rowLocks ? sql`for update` : sql``;
  const { rows } = await sql<Record<string, unknown>>`
    select ${selection(engine, read)} from ${sql.table(read.name)} ${all(conditions)} order by ${list(read.key)} ${lock}`.execute(
    db,
  );
  return rows.map((record) => storedRow(engine, db, read, record, locked).slice(0, table.columns.length));
}

/** Most of the page is there: only its few large rows are read once more. */
async function withLargeRows(source: Source, id: string, page: readonly Listed[]): Promise<Row[]> {
  const { columns } = source.table;
  const keys = page.filter(isLarge).map((row) => row[id]);
  const found = keys.length === 0 ? [] : await wholeRows(source, [sql`${sql.ref(id)} in (${values(keys)})`]);
  const place = source.read.columns.findIndex(({ name }) => name === id);
  let next = 0;
  return page.map((record) => {
    const row = isLarge(record) ? found[next++] : columns.map(({ name }) => record[name]);
    if (!row || (isLarge(record) && place < columns.length && row[place] !== record[id]))
      throw new TypeError(`a row of ${source.table.name} is not there any more within one transaction`);
    return row;
  });
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
  const isLarger = columns
    .filter(canBePieced)
    .map((column) => sql`octet_length(${engine.asText(column.name, column.type)}) > ${sql.lit(LARGE_VALUE)}`);
  if (isLarger.length === 0) return false;
  const { rows } = await sql`
    select 1 as one from ${sql.table(name)} where ${sql.join(isLarger, sql` or `)} limit 1`.execute(db);
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

function bytesOf(row: Listed): number {
  return Number(row[ROW_BYTES]);
}

function isLarge(row: Listed): boolean {
  return bytesOf(row) > SMALL_ROW;
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
