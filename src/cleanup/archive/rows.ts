/** Reads the rows that are about to go, a page at a time: memory is bounded by bytes, however large they are. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { portions } from '../../pacing/index.ts';
import { LinePages, type RowStreamTable, requireSize, selection, storedRow } from '../../transfer/index.ts';

/** Rows that are read together. */
const PAGE_ROWS = 500;
/** So many where those of the page before had no more bytes each than this. */
const MOST_ROWS = 2_000;
const SMALL_ROW_BYTES = 1024;
/** A larger value is read by itself, in bytes: so a page is no larger than rows times this. */
const INLINE_BYTES = 8 * 1024;
/** Larger rows are read together up to so many bytes; one with more is alone. */
const TOGETHER_BYTES = 512 * 1024;
/** Types whose values can be large. */
const BULKY = ['text', 'json', 'binary'];

/** Which rows: those whose column is one of the ids, and about how many there are of each id. */
export interface Wanted {
  readonly column: string;
  readonly ids: readonly bigint[];
  readonly rowsOf: (id: bigint) => number;
}

/** Rows as the engine or as the client makes lines of them. */
export interface Page {
  /** As the row stream has them. */
  readonly lines: readonly string[];
  /** The same as the bytes of their UTF-8, with a break between them. */
  readonly text: Buffer | null;
  /** Each in the order of the table's columns. */
  readonly rows: readonly (readonly unknown[])[];
}

/** @returns the bytes of the largest of them @throws CANNOT_BE_SAVED for it if it is too large */
export async function requireSizes(
  engine: Engine,
  db: Kysely<unknown>,
  table: RowStreamTable,
  { column, ids }: Wanted,
  largestRow: number,
): Promise<number> {
  const bytes = bytesOf(engine, table);
  if (!bytes || ids.length === 0) return 0;
  // How large they are stands before them: nothing of them is read, however many they are.
  const { rows } = await sql<{ id: bigint; row_bytes: unknown }>`
    select id, ${bytes} as row_bytes from ${sql.table(table.name)}
    where ${engine.among(column, ids)} order by row_bytes desc, id limit 1`.execute(db);
  const [largest] = rows;
  if (!largest) return 0;
  const all = Number(largest.row_bytes);
  requireSize(table.name, `id ${largest.id}`, { all, json: 0 }, largestRow);
  return all;
}

/** How they are read. */
export interface Reading {
  readonly largestRow: number;
  /** The table that has just these rows and no others, where there is one. */
  readonly copies?: string | undefined;
  /** Whether they stay as they are read until the transaction ends, where there are locks of rows. */
  readonly locked?: boolean | undefined;
}

/**
 * Pages of them, in no order.
 * @throws CANNOT_BE_SAVED for a row that is too large, before it is read
 */
export async function* rowsAmong(
  engine: Engine,
  db: Kysely<unknown>,
  table: RowStreamTable,
  wanted: Wanted,
  { largestRow, copies, locked = false }: Reading,
): AsyncGenerator<Page> {
  const from = { ...table, name: copies ?? table.name };
  const page = readerOf(engine, from)(engine, db, from);
  const lock = locked && engine.capabilities.rowLocks ? sql` for update` : sql``;
  const pages = copies === undefined ? pagesAmong(engine, wanted) : pagesOfAll();
  for (let next = pages.next(); !next.done; ) {
    const { small, apart, ...end } = await page(sql`${next.value}${lock}`);
    yield small;
    if (apart.length > 0) yield* rowsApart(engine, db, from, apart, largestRow);
    next = pages.next(end);
  }
}

/** What a page came to. */
interface ReadPage extends PageEnd {
  readonly small: Page;
  /** The ids of those that are read by themselves. */
  readonly apart: readonly unknown[];
}

interface PageEnd {
  /** How many rows it had. */
  readonly count: number;
  /** The id of the last of them, where they are in the order of their ids. */
  readonly last: unknown;
  /** What its lines came to; infinite where that is not known. */
  readonly bytes: number;
}

type PageReader = (
  engine: Engine,
  db: Kysely<unknown>,
  table: RowStreamTable,
) => (where: RawBuilder<unknown>) => Promise<ReadPage>;

function readerOf(engine: Engine, table: RowStreamTable): PageReader {
  if (engine.jsonArray) return lineReader;
  const pages = LinePages.of(engine, table);
  return pages ? textReader(pages) : valueReader;
}

/** All lines of a page as one value, of which no strings are made: that is most of what a line takes. */
function textReader(pages: LinePages): PageReader {
  return (engine, db, table) => async (where) => {
    const { text, left, isFaithful, count, last } = await pages.read(db, where);
    // Which row has bytes that are no UTF-8 is told where the rows are read.
    if (!isFaithful) return valueReader(engine, db, table)(where);
    return { small: { lines: [], text, rows: [] }, apart: left, count, last, bytes: text?.length ?? 0 };
  };
}

/**
 * Nothing but lines; a large row stands there as its id. All of them as one value would be one string, and a character beyond
 * Latin in one of them would make all of it take twice as long.
 */
const lineReader: PageReader = (engine, db, table) => {
  const { jsonArray } = engine;
  if (!jsonArray) throw new Error('the engine writes no lines');
  const id = jsonArray(table.columns.filter(({ name }) => name === 'id'));
  const line = sql`case when ${anyLarge(engine, table)} then ${id} else ${jsonArray(table.columns)} end`;
  const query = sql`select ${line} as line from ${sql.table(table.name)}`;
  return async (where) => {
    const { rows } = await sql<{ line: string }>`${query} ${where}`.execute(db);
    const lines: string[] = [];
    const large: unknown[] = [];
    let characters = 0;
    for (const { line } of rows) {
      characters += line.length;
      if (line.includes(',')) lines.push(line);
      else large.push(JSON.parse(line)[0]);
    }
    return {
      small: { lines, text: null, rows: [] },
      apart: large,
      count: rows.length,
      last: undefined,
      bytes: characters,
    };
  };
};

const valueReader: PageReader = (engine, db, table) => {
  const names = table.columns.map(({ name }) => name);
  const isLarge = anyLarge(engine, table);
  const values = table.columns.map(({ name, type }) =>
    BULKY.includes(type)
      ? sql`case when ${isLarge} then null else ${sql.ref(name)} end as ${sql.ref(name)}`
      : sql.ref(name),
  );
  const query = sql`select ${sql.join(values)}, case when ${isLarge} then 1 else 0 end as is_large from ${sql.table(table.name)}`;
  return async (where) => {
    const { rows } = await sql<Record<string, unknown>>`${query} ${where}`.execute(db);
    const isAlone = ({ is_large }: Record<string, unknown>) => Number(is_large) > 0;
    const large = rows.filter(isAlone);
    const together = large.length === 0 ? rows : rows.filter((row) => !isAlone(row));
    return {
      small: { lines: [], text: null, rows: together.map((row) => names.map((name) => row[name])) },
      apart: large.map(({ id }) => id),
      count: rows.length,
      last: rows.at(-1)?.id,
      bytes: Infinity,
    };
  };
};

function* pagesAmong(
  engine: Engine,
  { column, ids, rowsOf }: Wanted,
): Generator<RawBuilder<unknown>, undefined, PageEnd | undefined> {
  let most = PAGE_ROWS;
  for (const page of portions(ids, rowsOf, () => most)) {
    const end = yield sql`where ${engine.among(column, page)}`;
    if (end) most = rowsAfter(end);
  }
}

/** By their key, as long as a page is full; of small rows more come together. */
function* pagesOfAll(): Generator<RawBuilder<unknown>, undefined, PageEnd | undefined> {
  let limit = PAGE_ROWS;
  let page = yield sql`order by id limit ${sql.lit(limit)}`;
  while (page && page.count >= limit) {
    limit = rowsAfter(page);
    page = yield sql`where id > ${page.last} order by id limit ${sql.lit(limit)}`;
  }
}

/** How many rows are read together behind that page. */
function rowsAfter({ bytes, count }: PageEnd): number {
  return bytes <= count * SMALL_ROW_BYTES ? MOST_ROWS : PAGE_ROWS;
}

/** Whether a row has a value that is read by itself. */
function anyLarge(engine: Engine, table: RowStreamTable): RawBuilder<boolean> {
  const large = sizesOf(engine, table).map((bytes) => sql`${bytes} > ${sql.lit(INLINE_BYTES)}`);
  return large.length === 0 ? sql`1 = 0` : sql`(${sql.join(large, sql` or `)})`;
}

/** What the values of a row take that can be large; undefined where there are none. */
function bytesOf(
  engine: Engine,
  table: RowStreamTable,
  types: readonly string[] = BULKY,
): RawBuilder<unknown> | undefined {
  const sizes = sizesOf(engine, table, types);
  return sizes.length === 0 ? undefined : sql`(${sql.join(sizes, sql` + `)})`;
}

/** From what the server knows of them, without reading them. */
function sizesOf(
  engine: Engine,
  { columns }: RowStreamTable,
  types: readonly string[] = BULKY,
): RawBuilder<unknown>[] {
  return columns
    .filter(({ type }) => types.includes(type))
    .map(({ name, type }) => sql`coalesce(octet_length(${engine.asText(name, type)}), 0)`);
}

/** As many together as take no more than a page does. @throws CANNOT_BE_SAVED */
async function* rowsApart(
  engine: Engine,
  db: Kysely<unknown>,
  table: RowStreamTable,
  ids: readonly unknown[],
  largestRow: number,
): AsyncGenerator<Page> {
  const sizes = await sql<{ id: bigint; row_bytes: unknown; json_bytes: unknown }>`
    select id, ${bytesOf(engine, table)} as row_bytes, ${bytesOf(engine, table, ['json']) ?? sql`0`} as json_bytes
    from ${sql.table(table.name)} where ${engine.among('id', ids.map(asId))}`.execute(db);
  for (const { id, row_bytes, json_bytes } of sizes.rows) {
    const bytes = { all: Number(row_bytes), json: Number(json_bytes) };
    requireSize(table.name, `id ${id}`, bytes, largestRow);
  }
  for (const some of portions(sizes.rows, ({ row_bytes }) => Number(row_bytes), TOGETHER_BYTES)) {
    const among = engine.among(
      'id',
      some.map(({ id }) => id),
    );
    const { rows } = await sql<Record<string, unknown>>`
      select ${selection(engine, table)} from ${sql.table(table.name)} where ${among}`.execute(db);
    yield { lines: [], text: null, rows: rows.map((record) => storedRow(engine, db, table, record, true)) };
  }
}

function asId(id: unknown): bigint {
  return BigInt(id as string | number | bigint);
}
