/** Reads the rows that are about to go, a page at a time: memory is bounded by bytes, however large they are. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import type { RowStreamTable } from '../../transfer/index.ts';
import { portions } from '../portions.ts';

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

/** Rows as the engine or as the client makes lines of them. */
export interface Page {
  /** As the row stream has them. */
  readonly lines: readonly string[];
  /** Each in the order of the table's columns. */
  readonly rows: readonly (readonly unknown[])[];
}

/** Pages of them, in no order. */
export async function* rowsAmong(
  engine: Engine,
  db: Kysely<unknown>,
  table: RowStreamTable,
  { column, ids, rowsOf }: Wanted,
): AsyncGenerator<Page> {
  const { columns } = table;
  const isLarge = anyLarge(engine, table);
  const read = engine.jsonArray
    ? sql`id, case when ${isLarge} then null else ${engine.jsonArray(columns)} end as line`
    : sql.join([
        ...columns.map(({ name, type }) =>
          BULKY.has(type)
            ? sql`case when ${isLarge} then null else ${sql.ref(name)} end as ${sql.ref(name)}`
            : sql.ref(name),
        ),
        sql`case when ${isLarge} then 1 else 0 end as is_large`,
      ]);
  for (const page of portions(ids, rowsOf, PAGE_ROWS)) {
    const { rows } = await sql<Record<string, unknown>>`
      select ${read} from ${sql.table(table.name)} where ${engine.among(column, page)}`.execute(db);
    const together = rows.filter((row) => !isAlone(row));
    yield engine.jsonArray
      ? { lines: together.map(({ line }) => String(line)), rows: [] }
      : { lines: [], rows: together.map((row) => columns.map(({ name }) => row[name])) };
    for (const { id } of rows.filter(isAlone)) yield { lines: [], rows: await one(db, table, id) };
  }
}

function isAlone({ line, is_large }: Record<string, unknown>): boolean {
  return line === null || Number(is_large ?? 0) === 1;
}

/** Whether a row has a value that is read by itself. */
function anyLarge(engine: Engine, { columns }: RowStreamTable): RawBuilder<boolean> {
  const large = columns
    .filter(({ type }) => BULKY.has(type))
    .map(
      ({ name, type }) =>
        sql`coalesce(octet_length(${engine.asText(name, type)}), 0) > ${sql.lit(INLINE_BYTES)}`,
    );
  return large.length === 0 ? sql`1 = 0` : sql`(${sql.join(large, sql` or `)})`;
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
