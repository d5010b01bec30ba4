/** Reads a table in the order of its key, a page at a time: memory is bounded by bytes, and every page is an index walk. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { RowStreamTable } from './row-stream/format.ts';
import type { Row } from './row-stream/values.ts';

const FIRST_PAGE_ROWS = 50;
const LARGEST_PAGE_ROWS = 2_000;
/** What a page should take in memory; one of unusually large rows takes more, and the next one less. */
const PAGE_BYTES = 4 * 1024 * 1024;

export interface Reading {
  /** Only rows in which this column has a value. */
  readonly notNull?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @param db one session, in a transaction where the pages must be of one moment */
export async function* readRows(
  db: Kysely<unknown>,
  { name, key, columns }: RowStreamTable,
  { notNull, signal }: Reading = {},
): AsyncGenerator<Row[]> {
  const names = columns.map((column) => column.name);
  const list = sql.join([...new Set([...key, ...names])].map((column) => sql.ref(column)));
  const order = sql.join(key.map((column) => sql.ref(column)));
  let after: readonly unknown[] | undefined;
  for (let limit = FIRST_PAGE_ROWS; ; ) {
    signal?.throwIfAborted();
    const where = all([
      ...(notNull === undefined ? [] : [sql`${sql.ref(notNull)} is not null`]),
      ...(after ? [sql`(${order}) > (${sql.join(after.map((value) => sql`${value}`))})`] : []),
    ]);
    const { rows } = await sql<Record<string, unknown>>`
      select ${list} from ${sql.table(name)} ${where} order by ${order} limit ${sql.lit(limit)}`.execute(db);
    if (rows.length > 0) yield rows.map((row) => names.map((column) => row[column]));
    const last = rows.at(-1);
    if (!last || rows.length < limit) return;
    after = key.map((column) => last[column]);
    limit = nextLimit(limit, rows);
  }
}

/** At most twice as many as before, and so few that even rows like the largest one seen are no burden. */
function nextLimit(limit: number, rows: readonly Record<string, unknown>[]): number {
  const largest = Math.max(1, ...rows.map((row) => roughBytes(Object.values(row))));
  return Math.max(1, Math.min(limit * 2, LARGEST_PAGE_ROWS, Math.floor(PAGE_BYTES / largest)));
}

function roughBytes(values: readonly unknown[]): number {
  return values.reduce<number>(
    (sum, value) => sum + (typeof value === 'string' || Buffer.isBuffer(value) ? value.length : 8),
    0,
  );
}

function all(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
}
