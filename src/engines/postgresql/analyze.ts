/** The planner's statistics of PostgreSQL: how far they are behind by autovacuum's own rule, and how they are made. */
import { type Kysely, sql } from 'kysely';
import type { TableStatistics } from '../contract/upkeep.ts';
import type { Version } from '../version.ts';
import { cancellable } from './cancellable.ts';

interface StatisticsRow {
  name: string;
  changes: bigint | null;
  /** Whether nothing at all was counted of the table. */
  untouched: boolean;
  threshold: number;
  analyzed: string | null;
  /** Rows as of the last ANALYZE; negative before the first one. */
  planned: number;
  filled: boolean;
  may_analyze: boolean;
}

/**
 * Autovacuum's rule, with what a table says of its own; that autovacuum is off changes nothing about it.
 * Source: https://www.postgresql.org/docs/current/routine-vacuuming.html#AUTOVACUUM
 */
export async function statistics(
  db: Kysely<unknown>,
  version: Version,
  tables: readonly string[],
): Promise<readonly TableStatistics[]> {
  if (tables.length === 0) return [];
  const own = (option: string) => sql`coalesce(
    (select o.option_value from pg_options_to_table(c.reloptions) as o where o.option_name = ${sql.lit(option)}),
    current_setting(${sql.lit(option)}))::double precision`;
  // A right of its own since PostgreSQL 17; before that and still, the owners of the table and of the database have it.
  const maintain = (version[0] ?? 0) >= 17 ? sql`has_table_privilege(c.oid, 'MAINTAIN')` : sql`false`;
  const { rows } = await sql<StatisticsRow>`
    select c.relname as name, s.n_mod_since_analyze as changes,
           coalesce(s.n_tup_ins + s.n_tup_upd + s.n_tup_del + s.n_live_tup + s.n_mod_since_analyze, 0) = 0 as untouched,
           ${own('autovacuum_analyze_threshold')}
             + ${own('autovacuum_analyze_scale_factor')} * greatest(c.reltuples, 0)::double precision as threshold,
           to_char(greatest(s.last_analyze, s.last_autoanalyze) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as analyzed,
           c.reltuples::double precision as planned, pg_relation_size(c.oid) > 0 as filled,
           (pg_has_role(c.relowner, 'USAGE') or ${maintain}
            or pg_has_role((select datdba from pg_database where datname = current_database()), 'USAGE')) as may_analyze
    from pg_class as c left join pg_stat_all_tables as s on s.relid = c.oid
    where c.relkind = 'r' and c.relnamespace = quote_ident(current_schema())::regnamespace
      and c.relname in (${sql.join(tables)})`.execute(db);
  return rows.map(statisticsOf);
}

function statisticsOf(row: StatisticsRow): TableStatistics {
  const { name: table, analyzed: analyzedAt, filled, planned } = row;
  const unknown = (why: string) => ({
    ...{ table, changes: null, threshold: null, analyzedAt },
    ...{ never: false, stale: null, why },
  });
  if (!row.may_analyze) return unknown('belongs to another account, which alone may analyze it');
  // After a reset, or on a server that only looks like PostgreSQL.
  if (row.untouched && filled && planned > 0 && analyzedAt === null)
    return unknown('has counters that are all zero, although it has rows');
  const [changes, threshold] = [Number(row.changes ?? 0n), Math.round(row.threshold)];
  // Before the first ANALYZE there may be no counters either, as behind pg_upgrade.
  const neverMade = row.untouched && filled && planned < 0;
  const never = filled && planned < 0 && analyzedAt === null;
  return { table, changes, threshold, analyzedAt, never, stale: neverMade || changes > threshold, why: null };
}

/** It blocks neither reads nor writes, only DDL, VACUUM and another ANALYZE of the table. */
export async function analyze(db: Kysely<unknown>, table: string, signal?: AbortSignal): Promise<void> {
  await db.connection().execute((session) =>
    cancellable(db, session, signal ?? new AbortController().signal, async () => {
      await sql`analyze ${sql.table(table)}`.execute(session);
    }),
  );
}
