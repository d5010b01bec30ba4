/** Space of tables on PostgreSQL, by its size functions and statistics alone. */
import { type Kysely, sql } from 'kysely';
import type { SpaceRemedy, SpaceUse } from '../contract/upkeep.ts';
import type { Version } from '../version.ts';

export interface TableSpace {
  name: string;
  total: bigint;
  dead: bigint;
  free: number | null;
  /** Of rows that were deleted or updated and that no VACUUM has seen yet. */
  dead_bytes: number;
  may_vacuum: boolean;
}

/** From so many deleted rows on it is said that they wait. */
const MANY_DEAD = 1_000;
/** Bytes: what is not worth that a whole table is locked. */
const WORTH_A_LOCK = 8 * 1024 * 1024;
/** A piece of a value that lies outside of its row: at most 1,996 bytes of it, with what belongs to it. */
const TOAST_ROW = 2_036;

/**
 * Free is what is in the files beyond the rows that statistics know of, of the table and of the values that lie
 * outside of their rows: so deleted rows count before VACUUM has made them free, and indexes are left out.
 */
export async function space(
  db: Kysely<unknown>,
  version: Version,
  names: readonly string[],
): Promise<SpaceUse> {
  const tables = await tableSpaces(db, version, names);
  const known = tables.flatMap(({ free }) => (free === null ? [] : [free]));
  const dead = tables.filter((table) => Number(table.dead) >= MANY_DEAD);
  const loose = tables.filter((table) => (table.free ?? 0) > WORTH_A_LOCK);
  return {
    diskBytes: tables.reduce((sum, { total }) => sum + Number(total), 0),
    freeBytes: known.length === 0 ? null : Math.round(known.reduce((sum, bytes) => sum + bytes, 0)),
    estimated: true,
    gain: tables.every((table) => table.may_vacuum)
      ? Math.round(tables.reduce((sum, { dead_bytes }) => sum + dead_bytes, 0))
      : 0,
    remedies: [
      ...(tables.length === 0 ? [] : [vacuum(tables)]),
      ...(loose.length === 0 ? [] : [vacuumFull(loose)]),
    ],
    notes: dead.map(
      ({ name, dead: count }) =>
        `${count} deleted or updated rows of ${name} are not free yet: VACUUM (or autovacuum, automatically) frees those that no open transaction, replica or prepared transaction can still see.`,
    ),
  };
}

/** Those of the tables that are there, in the current schema. */
export async function tableSpaces(
  db: Kysely<unknown>,
  version: Version,
  names: readonly string[],
): Promise<TableSpace[]> {
  // A right of its own since PostgreSQL 17; before that and still, the owners of the table and of the database have it.
  const maintain = (version[0] ?? 0) >= 17 ? sql`has_table_privilege(c.oid, 'MAINTAIN')` : sql`false`;
  const { rows } = await sql<TableSpace>`
    select c.relname as name, pg_total_relation_size(c.oid) as total, coalesce(s.n_dead_tup, 0) as dead,
           -- Of an empty table there are no statistics, and nothing is to be had.
           case when pg_relation_size(c.oid) = 0 then 0
                when w.width is not null then
             greatest(pg_relation_size(c.oid) - r.rows * (28 + w.width), 0)
             + coalesce(greatest(pg_relation_size(t.oid) - coalesce(ts.n_live_tup, t.reltuples) * ${TOAST_ROW}, 0), 0)
           end::double precision as free,
           (pg_relation_size(c.oid) * coalesce(s.n_dead_tup, 0) / greatest(s.n_dead_tup + s.n_live_tup, 1)
            + coalesce(pg_relation_size(t.oid) * ts.n_dead_tup / greatest(ts.n_dead_tup + ts.n_live_tup, 1), 0)
           )::double precision as dead_bytes,
           (pg_has_role(c.relowner, 'USAGE') or ${maintain}
            or pg_has_role((select datdba from pg_database where datname = current_database()), 'USAGE')) as may_vacuum
    from pg_class as c
      left join pg_stat_all_tables as s on s.relid = c.oid
      left join pg_class as t on t.oid = c.reltoastrelid and c.reltoastrelid <> 0
      left join pg_stat_all_tables as ts on ts.relid = t.oid
      cross join lateral (select case when s.n_live_tup > 0 or c.reltuples < 0 then s.n_live_tup else c.reltuples end
                          ::double precision as rows) as r
      cross join lateral (select sum((1 - p.null_frac) * p.avg_width) as width from pg_stats as p
                          where p.schemaname = current_schema() and p.tablename = c.relname) as w
    where c.relkind = 'r' and c.relnamespace = quote_ident(current_schema())::regnamespace
      and c.relname in (${sql.join(names)})
    order by c.relname`.execute(db);
  return rows;
}

function list(tables: readonly TableSpace[]): string {
  return tables.map(({ name }) => name).join(', ');
}

function vacuum(tables: readonly TableSpace[]): SpaceRemedy {
  const ours = tables.every((table) => table.may_vacuum);
  return {
    ...(ours ? { ours, action: { action: 'reclaim' } } : { ours, sql: `VACUUM (ANALYZE) ${list(tables)};` }),
    gives: `runs VACUUM (ANALYZE) ${list(tables)}: the space of deleted rows can be used again, and free pages at the end of a table are returned to the disk`,
    lock: 'SHARE UPDATE EXCLUSIVE: blocks neither reads nor writes, only DDL and another VACUUM; it reads the indexes completely',
    needs: ours
      ? 'nothing else'
      : 'the owner of the tables or of the database, or (from PostgreSQL 17 on) the MAINTAIN privilege',
    needsBytes: null,
  };
}

function vacuumFull(tables: readonly TableSpace[]): SpaceRemedy {
  return {
    ours: false,
    sql: `VACUUM (FULL, ANALYZE) ${list(tables)};`,
    gives: 'returns their free space to the disk',
    lock: 'ACCESS EXCLUSIVE: nobody can read or write a table until it has been rewritten; the extension pg_repack does the same and holds that lock only for moments',
    needs:
      'free disk space on the server for a second copy of the largest of them, with its indexes; the privilege to VACUUM them',
    needsBytes: Math.max(
      ...tables.map(({ total, free }) => Math.max(0, Math.round(Number(total) - (free ?? 0)))),
    ),
  };
}
