/** Sizes on PostgreSQL, by its own size functions: what lies in each table's files, TOAST included. */
import { type Kysely, sql } from 'kysely';
import { biggestFirst } from '../counting.ts';
import type { DatabaseSize } from '../engine.ts';

interface SizeRow {
  name: string;
  rows: number;
  data_bytes: bigint;
  index_bytes: bigint;
  free_bytes: number | null;
}

/**
 * Rows are the planner's or the activity statistics' estimate. Free space is one too: what the table's main
 * file holds beyond the rows that statistics know of, by their average width (24 bytes of header and 4 of
 * pointer a row); null before the first ANALYZE. Exact figures would read the whole table.
 */
export async function sizes(db: Kysely<unknown>): Promise<DatabaseSize> {
  const { rows } = await sql<SizeRow>`
    with estimate as (
      select c.oid, c.relname,
             case when s.n_live_tup > 0 or c.reltuples < 0 then s.n_live_tup else c.reltuples end::double precision as rows,
             (select sum((1 - p.null_frac) * p.avg_width) from pg_stats as p
              where p.schemaname = current_schema() and p.tablename = c.relname) as width
      from pg_class as c left join pg_stat_user_tables as s on s.relid = c.oid
      where c.relkind = 'r' and c.relnamespace = quote_ident(current_schema())::regnamespace
    )
    select relname as name, greatest(coalesce(rows, 0), 0) as rows,
           pg_table_size(oid) as data_bytes, pg_indexes_size(oid) as index_bytes,
           case when width is not null then greatest(pg_relation_size(oid) - rows * (28 + width), 0) end as free_bytes
    from estimate`.execute(db);
  const tables = biggestFirst(
    rows.map((row) => {
      const dataBytes = Number(row.data_bytes);
      const indexBytes = Number(row.index_bytes);
      return {
        name: row.name,
        rows: Math.round(row.rows),
        rowsExact: false,
        dataBytes,
        indexBytes,
        totalBytes: dataBytes + indexBytes,
        freeBytes: row.free_bytes === null ? null : Math.round(row.free_bytes),
      };
    }),
  );
  const total = await sql<{ bytes: bigint }>`select pg_database_size(current_database()) as bytes`.execute(
    db,
  );
  const known = tables.flatMap((table) => (table.freeBytes === null ? [] : [table.freeBytes]));
  return {
    tables,
    totalBytes: Number(total.rows[0]?.bytes ?? 0n),
    freeBytes: known.length === 0 ? null : known.reduce((sum, bytes) => sum + bytes, 0),
  };
}
