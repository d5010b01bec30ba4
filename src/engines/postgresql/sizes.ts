/** Sizes on PostgreSQL, by its own size functions: what lies in each table's files, TOAST apart. */
import { type Kysely, sql } from 'kysely';
import { isMultiFlexiError } from '../../errors.ts';
import { biggestFirst } from '../counting.ts';
import type { DatabaseSize, TableSize } from '../sizes.ts';

interface SizeRow {
  name: string;
  rows: number;
  total_bytes: bigint;
  index_bytes: bigint;
  overflow_bytes: bigint;
  free_bytes: number | null;
}

/** Somebody may ask for a table just between our look at the locks and our own; in milliseconds. */
const PATIENCE_MS = 200;

const OWN_TABLES = sql`c.relkind = 'r' and c.relnamespace = quote_ident(current_schema())::regnamespace`;

/** A size function opens what it measures, and so waits behind whoever wants that exclusively, the queue included. */
export async function sizes(db: Kysely<unknown>): Promise<DatabaseSize> {
  const { measured, busy } = await measurable(db);
  const tables = biggestFirst(measured.map(sizeOf));
  const total = await sql<{ bytes: bigint }>`select pg_database_size(current_database()) as bytes`.execute(
    db,
  );
  const known = tables.flatMap((table) => (table.freeBytes === null ? [] : [table.freeBytes]));
  return {
    tables,
    unmeasured: busy.map((name) => ({ name, why: 'busy' })),
    totalBytes: Number(total.rows[0]?.bytes ?? 0n),
    freeBytes: known.length === 0 ? null : known.reduce((sum, bytes) => sum + bytes, 0),
    freeIs: 'estimate',
    files: [],
    notes: [],
  };
}

/** All at once; where somebody asks for a table meanwhile, one by one. */
async function measurable(db: Kysely<unknown>): Promise<{ measured: SizeRow[]; busy: string[] }> {
  const names = await tablesByLock(db);
  const busy = names.filter(({ busy }) => busy).map(({ name }) => name);
  const free = names.filter(({ busy }) => !busy).map(({ name }) => name);
  const together = await probe(db, free);
  if (together !== null) return { measured: together, busy };
  const measured: SizeRow[] = [];
  for (const name of free) {
    const found = await probe(db, [name]);
    if (found === null) busy.push(name);
    else measured.push(...found);
  }
  return { measured, busy };
}

/** Whether somebody has or waits for an exclusive lock of a table, its TOAST, or an index of either; asks for no lock itself. */
async function tablesByLock(db: Kysely<unknown>): Promise<{ name: string; busy: boolean }[]> {
  const { rows } = await sql<{ name: string; busy: boolean }>`
    with locked as materialized (
      select l.relation as oid from pg_locks as l
      where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.pid is distinct from pg_backend_pid()
        and l.database = (select oid from pg_database where datname = current_database())
    ), held as materialized (
      select oid from locked union select i.indrelid from pg_index as i where i.indexrelid in (select oid from locked)
    )
    select c.relname as name, c.oid in (select oid from held) or c.reltoastrelid in (select oid from held) as busy
    from pg_class as c where ${OWN_TABLES}`.execute(db);
  return rows;
}

/** @returns null where a table could not be had in time; tables that are gone are left out */
async function probe(db: Kysely<unknown>, names: readonly string[]): Promise<SizeRow[] | null> {
  try {
    return await db
      .transaction()
      .setAccessMode('read only')
      .execute(async (transaction) => {
        await sql`set local lock_timeout = ${sql.lit(PATIENCE_MS)}`.execute(transaction);
        return (await sizesOf(names).execute(transaction)).rows;
      });
  } catch (error) {
    if (isMultiFlexiError(error, 'LOCK_TIMEOUT')) return null;
    throw error;
  }
}

/**
 * Rows are the planner's or the activity statistics' estimate. Free space is one too: what the table's main
 * file holds beyond the rows that statistics know of, by their average width (24 bytes of header and 4 of
 * pointer a row); null before the first ANALYZE. Exact figures would read the whole table.
 */
function sizesOf(names: readonly string[]) {
  return sql<SizeRow>`
    with estimate as materialized (
      select c.oid, c.relname, c.reltoastrelid,
             case when s.n_live_tup > 0 or c.reltuples < 0 then s.n_live_tup else c.reltuples end::double precision as rows,
             (select sum((1 - p.null_frac) * p.avg_width) from pg_stats as p
              where p.schemaname = current_schema() and p.tablename = c.relname) as width
      from pg_class as c left join pg_stat_user_tables as s on s.relid = c.oid
      where ${OWN_TABLES} and c.relname = any(${names})
    ), sized as (
      select *, pg_total_relation_size(oid) as total_bytes, pg_relation_size(oid) as main_bytes from estimate
    )
    select relname as name, greatest(coalesce(rows, 0), 0) as rows,
           total_bytes, pg_indexes_size(oid) as index_bytes,
           case when reltoastrelid = 0 then 0 else pg_total_relation_size(reltoastrelid) end as overflow_bytes,
           case when width is not null then greatest(main_bytes - rows * (28 + width), 0) end as free_bytes
    from sized where total_bytes is not null`;
}

function sizeOf(row: SizeRow): TableSize {
  const totalBytes = Number(row.total_bytes);
  const indexBytes = Number(row.index_bytes);
  const overflowBytes = Number(row.overflow_bytes);
  return {
    name: row.name,
    rows: Math.round(row.rows),
    rowsExact: false,
    // What is left: the rows, with the maps of free space and of visibility.
    dataBytes: totalBytes - indexBytes - overflowBytes,
    indexBytes,
    overflowBytes,
    totalBytes,
    bytesExact: true,
    freeBytes: row.free_bytes === null ? null : Math.round(row.free_bytes),
  };
}
