/** Reads the rows that are about to go, a page at a time: memory is bounded by bytes, however large they are. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { portions } from '../../pacing/index.ts';
import { type RowStreamTable, requireSize, selection, storedRow } from '../../transfer/index.ts';

/** Rows that are read together. */
const PAGE_ROWS = 500;
/** A larger value is read by itself, in bytes: so a page is no larger than rows times this. */
const INLINE_BYTES = 8 * 1024;
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

/**
 * Pages of them, in no order.
 * @param copies the table that has just these rows and no others, where there is one
 * @throws CANNOT_BE_SAVED for a row that is too large, before it is read
 */
export async function* rowsAmong(
  engine: Engine,
  db: Kysely<unknown>,
  table: RowStreamTable,
  wanted: Wanted,
  { largestRow, copies }: { readonly largestRow: number; readonly copies?: string | undefined },
): AsyncGenerator<Page> {
  const { columns } = table;
  const from = { ...table, name: copies ?? table.name };
  const names = columns.map(({ name }) => name);
  const isLarge = anyLarge(engine, table);
  const ofLarge = (bytes: RawBuilder<unknown> = sql`0`) => sql`case when ${isLarge} then ${bytes} else 0 end`;
  const size = sql`${ofLarge(bytesOf(engine, table))} as row_bytes,
    ${ofLarge(bytesOf(engine, table, ['json']))} as json_bytes`;
  const read = engine.jsonArray
    ? sql`id, ${size}, case when ${isLarge} then null else ${engine.jsonArray(columns)} end as line`
    : sql.join([
        ...columns.map(({ name, type }) =>
          BULKY.includes(type)
            ? sql`case when ${isLarge} then null else ${sql.ref(name)} end as ${sql.ref(name)}`
            : sql.ref(name),
        ),
        size,
      ]);
  const pages = copies === undefined ? pagesAmong(engine, wanted) : pagesOfAll();
  for (let page = pages.next(); !page.done; ) {
    const { rows } = await sql<Record<string, unknown>>`
      select ${read} from ${sql.table(from.name)} ${page.value}`.execute(db);
    const together = rows.some(isAlone) ? rows.filter((row) => !isAlone(row)) : rows;
    yield engine.jsonArray
      ? { lines: together.map(({ line }) => String(line)), rows: [] }
      : { lines: [], rows: together.map((row) => names.map((name) => row[name])) };
    if (together !== rows)
      for (const { id, row_bytes, json_bytes } of rows.filter(isAlone)) {
        const bytes = { all: Number(row_bytes), json: Number(json_bytes) };
        requireSize(table.name, `id ${id}`, bytes, largestRow);
        yield { lines: [], rows: await one(engine, db, from, id) };
      }
    page = pages.next(rows);
  }
}

type Rows = readonly Record<string, unknown>[];

function* pagesAmong(
  engine: Engine,
  { column, ids, rowsOf }: Wanted,
): Generator<RawBuilder<unknown>, undefined, Rows | undefined> {
  for (const page of portions(ids, rowsOf, PAGE_ROWS)) yield sql`where ${engine.among(column, page)}`;
}

/** By their key, as long as a page is full. */
function* pagesOfAll(): Generator<RawBuilder<unknown>, undefined, Rows | undefined> {
  const limit = sql`order by id limit ${sql.lit(PAGE_ROWS)}`;
  let page = yield limit;
  while (page && page.length >= PAGE_ROWS) page = yield sql`where id > ${page.at(-1)?.id} ${limit}`;
}

function isAlone({ row_bytes }: Record<string, unknown>): boolean {
  return Number(row_bytes) > 0;
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

async function one(
  engine: Engine,
  db: Kysely<unknown>,
  table: RowStreamTable,
  id: unknown,
): Promise<(readonly unknown[])[]> {
  const { rows } = await sql<Record<string, unknown>>`
    select ${selection(engine, table)} from ${sql.table(table.name)} where id = ${id}`.execute(db);
  return rows.map((record) => storedRow(engine, db, table, record, true));
}
