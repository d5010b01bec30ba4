/** Reads the rows that are about to go, a page at a time: memory is bounded by bytes, however large they are. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import type { RowStreamTable } from '../../transfer/index.ts';

/** What a page takes in memory at most; a single row that is larger makes a page by itself. */
const PAGE_BYTES = 4 * 1024 * 1024;
const PAGE_ROWS = 2_000;
/** Types whose values can be large. */
const BULKY = new Set(['text', 'json', 'binary']);

/** Rows of which the column is among the ids, each in the order of the table's columns. */
export async function* rowsAmong(
  engine: Engine,
  db: Kysely<unknown>,
  { name, columns }: RowStreamTable,
  column: string,
  ids: readonly bigint[],
): AsyncGenerator<unknown[][]> {
  const sizes = columns
    .filter(({ type }) => BULKY.has(type))
    .map((bulky) => sql`coalesce(octet_length(${engine.asText(bulky.name, bulky.type)}), 0)`);
  const size = sizes.length === 0 ? sql`0` : sql.join(sizes, sql` + `);
  const { rows: ahead } = await sql<{ id: bigint; bytes: bigint | number | string }>`
    select id, ${size} as bytes from ${sql.table(name)} where ${engine.among(column, ids)}`.execute(db);
  const wanted = sql.join(columns.map((one) => sql.ref(one.name)));
  for (const page of pages(ahead.map(({ id, bytes }) => ({ id, bytes: Number(bytes) })))) {
    const { rows } = await sql<Record<string, unknown>>`
      select ${wanted} from ${sql.table(name)} where ${engine.among('id', page)}`.execute(db);
    yield rows.map((row) => columns.map((one) => row[one.name]));
  }
}

function* pages(rows: readonly { readonly id: bigint; readonly bytes: number }[]): Generator<bigint[]> {
  let page: bigint[] = [];
  let bytes = 0;
  for (const row of rows) {
    if (page.length > 0 && (page.length >= PAGE_ROWS || bytes + row.bytes > PAGE_BYTES)) {
      yield page;
      page = [];
      bytes = 0;
    }
    page.push(row.id);
    bytes += row.bytes;
  }
  if (page.length > 0) yield page;
}
