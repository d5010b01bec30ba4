/** Reads the rows that are about to go, a page at a time: memory is bounded by bytes, however large they are. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import type { RowStreamTable } from '../../transfer/index.ts';

/** Rows that are read together. */
const PAGE_ROWS = 500;
/** A larger value is read by itself, in bytes: so a page is no larger than rows times this. */
const INLINE_BYTES = 8 * 1024;
/** Types whose values can be large. */
const BULKY = new Set(['text', 'json', 'binary']);

/** Which rows: those whose column is one of the ids, and about how many there are of each id. */
export interface Wanted {
  readonly column: string;
  readonly ids: readonly bigint[];
  readonly rowsOf: (id: bigint) => number;
}

/** Pages of rows, each row in the order of the table's columns. */
export async function* rowsAmong(
  engine: Engine,
  db: Kysely<unknown>,
  table: RowStreamTable,
  { column, ids, rowsOf }: Wanted,
): AsyncGenerator<unknown[][]> {
  const { columns } = table;
  const large = columns
    .filter(({ type }) => BULKY.has(type))
    .map(
      ({ name, type }) =>
        sql`coalesce(octet_length(${engine.asText(name, type)}), 0) > ${sql.lit(INLINE_BYTES)}`,
    );
  const anyLarge = large.length === 0 ? sql`1 = 0` : sql.join(large, sql` or `);
  const inline = sql.join(
    columns.map(({ name, type }) =>
      BULKY.has(type)
        ? sql`case when ${anyLarge} then null else ${sql.ref(name)} end as ${sql.ref(name)}`
        : sql.ref(name),
    ),
  );
  for (const page of pages(ids, rowsOf)) {
    const { rows } = await sql<Record<string, unknown>>`
      select ${inline}, case when ${anyLarge} then 1 else 0 end as is_large
      from ${sql.table(table.name)} where ${engine.among(column, page)}`.execute(db);
    const alone = rows.filter(({ is_large }) => Number(is_large) === 1);
    yield rows
      .filter(({ is_large }) => Number(is_large) === 0)
      .map((row) => columns.map(({ name }) => row[name]));
    for (const { id } of alone) yield await one(db, table, id);
  }
}

async function one(
  db: Kysely<unknown>,
  { name, columns }: RowStreamTable,
  id: unknown,
): Promise<unknown[][]> {
  const { rows } = await sql<Record<string, unknown>>`
    select ${sql.join(columns.map((column) => sql.ref(column.name)))}
    from ${sql.table(name)} where id = ${id}`.execute(db);
  return rows.map((row) => columns.map((column) => row[column.name]));
}

function* pages(ids: readonly bigint[], rowsOf: Wanted['rowsOf']): Generator<bigint[]> {
  let page: bigint[] = [];
  let rows = 0;
  for (const id of ids) {
    const more = rowsOf(id);
    if (page.length > 0 && rows + more > PAGE_ROWS) {
      yield page;
      page = [];
      rows = 0;
    }
    page.push(id);
    rows += more;
  }
  if (page.length > 0) yield page;
}
