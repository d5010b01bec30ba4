/** Reads a table in the order of its key, a page at a time: memory is bounded by bytes, and every page is an index walk. */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Engine } from '../engines/index.ts';
import type { RowStreamTable } from './row-stream/format.ts';
import { isBulky, type Row } from './row-stream/values.ts';

const PAGE_ROWS = 1_000;
/** What a page takes in memory at most; a single row that is larger makes a page by itself. */
const PAGE_BYTES = 4 * 1024 * 1024;

export interface Reading {
  /** Only rows in which this column has a value. */
  readonly notNull?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** @param db one session, in a transaction where the pages must be of one moment */
export async function* readRows(
  engine: Engine,
  db: Kysely<unknown>,
  { name, key, columns }: RowStreamTable,
  { notNull, signal }: Reading = {},
): AsyncGenerator<Row[]> {
  const names = columns.map((column) => column.name);
  const bulky = columns.filter(isBulky);
  const order = list(key);
  const table = sql.table(name);
  let after: readonly unknown[] | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const behind = [
      ...(notNull === undefined ? [] : [sql`${sql.ref(notNull)} is not null`]),
      ...(after ? [sql`(${order}) > (${values(after)})`] : []),
    ];
    const sizes = bulky.map(
      (column) => sql`coalesce(octet_length(${engine.asText(column.name, column.type)}), 0)`,
    );
    const size = sizes.length === 0 ? sql`0` : sql.join(sizes, sql` + `);
    const { rows: ahead } = await sql<Record<string, unknown>>`
      select ${order}, ${size} as row_bytes from ${table} ${all(behind)} order by ${order} limit ${sql.lit(PAGE_ROWS)}`.execute(
      db,
    );
    const last = lastOfPage(ahead);
    if (!last) return;
    const upTo = key.map((column) => last[column]);
    const { rows } = await sql<Record<string, unknown>>`
      select ${list([...new Set([...key, ...names])])} from ${table}
      ${all([...behind, sql`(${order}) <= (${values(upTo)})`])} order by ${order}`.execute(db);
    yield rows.map((row) => names.map((column) => row[column]));
    if (ahead.length < PAGE_ROWS && last === ahead.at(-1)) return;
    after = upTo;
  }
}

function lastOfPage(ahead: readonly Record<string, unknown>[]): Record<string, unknown> | undefined {
  let bytes = 0;
  const over = ahead.findIndex((row) => {
    bytes += Number(row.row_bytes);
    return bytes > PAGE_BYTES;
  });
  return over === -1 ? ahead.at(-1) : ahead[Math.max(0, over - 1)];
}

function list(columns: readonly string[]): RawBuilder<unknown> {
  return sql.join(columns.map((column) => sql.ref(column)));
}

function values(key: readonly unknown[]): RawBuilder<unknown> {
  return sql.join(key.map((value) => sql`${value}`));
}

function all(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
}
