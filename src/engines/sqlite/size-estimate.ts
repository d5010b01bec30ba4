/**
 * About what each table of a large SQLite file takes, without reading the file: rows at some places of each table are
 * measured, the pages that such rows and index entries fill follow from the file format, and all of it together is held
 * against the pages that the file's header says are in use.
 */
import { type Kysely, sql } from 'kysely';
import type { TableSize } from '../sizes.ts';
import { tableNames } from './introspection.ts';
import { entryTakes, Filling, HEADER_BYTES, INTEGER_BYTES, rowTakes } from './page-fill.ts';

/** Places of a table that are looked at, and ids at each of them. */
const PLACES = 150;
const IDS = 12;
/** Where fewer of the ids at these places are taken, rows are in places of their own, which a sample misses. */
const LEAST_DENSITY = 1 / 50;

interface Shape {
  /** Numbers of the columns of each index; -1 is the row's id, -2 an expression. */
  readonly indexes: readonly (readonly number[])[];
  readonly columns: readonly string[];
}

interface Pages {
  readonly pageSize: number;
  /** Bytes of pages that hold something. */
  readonly usedBytes: number;
}

export interface Estimates {
  readonly tables: readonly TableSize[];
  /** Tables that only reading all of them would tell of. */
  readonly costly: readonly string[];
}

export async function estimatedSizes(db: Kysely<unknown>, pages: Pages): Promise<Estimates> {
  const names = await tableNames(db);
  const shapes = await shapesOf(db);
  const tables: TableSize[] = [];
  const costly: string[] = [];
  for (const name of names) {
    const shape = shapes.get(name);
    const size = shape && (await estimate(db, name, shape, pages.pageSize));
    if (size) tables.push(size);
    else costly.push(name);
  }
  return { tables: costly.length === 0 ? fitted(tables, pages) : tables, costly };
}

/** Pages are never full, and how full they are follows from their history: what all of them are short of is shared out. */
function fitted(tables: readonly TableSize[], { usedBytes, pageSize }: Pages): TableSize[] {
  const factor = usedBytes / tables.reduce((sum, { totalBytes }) => sum + totalBytes, 0);
  if (!Number.isFinite(factor)) return [...tables];
  const inPages = (bytes: number | null) => Math.round(((bytes ?? 0) * factor) / pageSize) * pageSize;
  return tables.map((table) => {
    const dataBytes = Math.max(inPages(table.dataBytes), pageSize);
    const [indexBytes, overflowBytes] = [inPages(table.indexBytes), inPages(table.overflowBytes)];
    return {
      ...table,
      dataBytes,
      indexBytes,
      overflowBytes,
      totalBytes: dataBytes + indexBytes + overflowBytes,
    };
  });
}

async function estimate(
  db: Kysely<unknown>,
  name: string,
  { columns, indexes }: Shape,
  pageSize: number,
): Promise<TableSize | undefined> {
  const span = await spanOf(db, name);
  const none = { rows: 0, places: [], ids: 1, complete: true };
  const places = span === null ? none : placesOf(span.first, span.last);
  const sample = span === null ? [] : await lengths(db, name, columns, places);
  const looked = places.places.length * places.ids;
  if (!places.complete && sample.length < looked * LEAST_DENSITY) return undefined;
  const rows = places.complete ? sample.length : Math.round((sample.length / looked) * places.rows);
  const each = rows / Math.max(sample.length, 1);
  let [overflowBytes, indexBytes] = [0, 0];
  const leaves = new Filling(pageSize);
  for (const row of sample) {
    const own = rowTakes(
      row.reduce((sum, length) => sum + length + 1, HEADER_BYTES),
      pageSize,
    );
    leaves.add(own.pageBytes);
    overflowBytes += own.overflowBytes * each;
    for (const index of indexes) {
      const entry = entryTakes(entryLength(row, index), pageSize);
      indexBytes += (entry.pageBytes + entry.overflowBytes) * each;
    }
  }
  // Each tree has a page, also where it is empty.
  const dataBytes = Math.max(Math.round(leaves.pages * pageSize * each), pageSize);
  indexBytes = Math.max(Math.round(indexBytes), pageSize * indexes.length);
  overflowBytes = Math.round(overflowBytes);
  const totalBytes = dataBytes + indexBytes + overflowBytes;
  const exactness = { rowsExact: places.complete, bytesExact: false, freeBytes: null };
  return { name, rows, dataBytes, indexBytes, overflowBytes, totalBytes, ...exactness };
}

function entryLength(row: readonly number[], index: readonly number[]): number {
  return index.reduce((sum, column) => sum + (row[column] ?? INTEGER_BYTES) + 1, HEADER_BYTES);
}

/** Two looks into the tree; null for an empty table. */
async function spanOf(db: Kysely<unknown>, name: string): Promise<{ first: bigint; last: bigint } | null> {
  const { rows } = await sql<{ first: bigint | null; last: bigint | null }>`
    select (select min(rowid) from ${sql.table(name)}) as first,
           (select max(rowid) from ${sql.table(name)}) as last`.execute(db);
  const { first, last } = rows[0] ?? {};
  return first === null || first === undefined || last === null || last === undefined
    ? null
    : { first, last };
}

/** Evenly over the ids, the newest among them; all of them where they are few. */
function placesOf(first: bigint, last: bigint) {
  const span = Number(last - first) + 1;
  if (span <= PLACES * IDS) return { rows: span, places: [String(first)], ids: span, complete: true };
  const step = (last - first + 1n - BigInt(IDS)) / BigInt(PLACES - 1);
  const places = Array.from({ length: PLACES }, (_, n) => String(first + step * BigInt(n)));
  return { rows: span, places, ids: IDS, complete: false };
}

/** Lengths of each column, which SQLite reads in the row's header alone. */
async function lengths(
  db: Kysely<unknown>,
  name: string,
  columns: readonly string[],
  { places, ids }: { readonly places: readonly string[]; readonly ids: number },
): Promise<number[][]> {
  const each = columns.map((own) => {
    const column = sql`t.${sql.id(own)}`;
    return sql`case typeof(${column}) when 'integer' then ${sql.lit(INTEGER_BYTES)} when 'null' then 0
      else octet_length(${column}) end`;
  });
  const { rows } = await sql<{ lengths: string }>`
    select json_array(${sql.join(each)}) as lengths
    from json_each(${`[${places.join()}]`}) as place
    cross join ${sql.table(name)} as t on t.rowid between place.value and place.value + ${sql.lit(ids - 1)}`.execute(
    db,
  );
  return rows.map((row) => JSON.parse(row.lengths) as number[]);
}

/** Of tables with ids of rows; others are left out. */
async function shapesOf(db: Kysely<unknown>): Promise<ReadonlyMap<string, Shape>> {
  const columns = await sql<{ name: string; column: string }>`
    select t.name, c.name as "column" from pragma_table_list as t join pragma_table_info(t.name) as c
    where t.schema = 'main' and t.wr = 0 order by t.name, c.cid`.execute(db);
  const keys = await sql<{ name: string; key: string; cid: bigint }>`
    select s.tbl_name as name, s.name as "key", k.cid from sqlite_schema as s join pragma_index_xinfo(s.name) as k
    where s.type = 'index' order by s.name, k.seqno`.execute(db);
  const indexes = Map.groupBy(keys.rows, ({ name }) => name);
  return new Map(
    [...Map.groupBy(columns.rows, ({ name }) => name)].map(([name, own]) => {
      const byIndex = Map.groupBy(indexes.get(name) ?? [], ({ key }) => key);
      const cids = [...byIndex.values()].map((parts) => parts.map(({ cid }) => Number(cid)));
      return [name, { columns: own.map(({ column }) => column), indexes: cids }];
    }),
  );
}
