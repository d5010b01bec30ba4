/** Indexes as PostgreSQL knows them: by what they are ordered, whether they can be read by, and whether anybody does. */
import { type Kysely, sql } from 'kysely';
import type { IndexFacts, UnusedIndex } from '../contract/integrity.ts';
import type { Sight } from '../sight.ts';
import { tablesNamed } from './tables-named.ts';

interface IndexRow {
  table: string;
  name: string;
  keys: string[];
  unique: boolean;
  constraint: boolean;
  plain: boolean;
  valid: boolean;
  building: boolean;
}

/** What REINDEX CONCURRENTLY calls its new index, and the old one that it has yet to drop. */
const OF_A_REINDEX = /_cc(?:new|old)\d*$/;

export async function indexFacts(
  db: Kysely<unknown>,
  tables: readonly string[],
): Promise<readonly IndexFacts[]> {
  // The name of a column stands in the catalogue, too: pg_get_indexdef waits for whoever holds the table.
  // Whoever builds an index CONCURRENTLY holds this lock on its table all the while; so does a VACUUM.
  const { rows } = await sql<IndexRow>`
    select c.relname as "table", i.relname as name, x.indisunique as "unique", x.indisvalid and x.indisready as valid,
      exists (select from pg_constraint as k where k.conindid = i.oid and k.contype in ('p', 'u', 'x')) as "constraint",
      a.amname = 'btree' and x.indpred is null and x.indnatts = x.indnkeyatts as plain,
      array(select concat_ws(' ', coalesce(n.attname, pg_get_indexdef(i.oid, k.n, true)), x.indclass[k.n - 1], x.indcollation[k.n - 1],
              x.indoption[k.n - 1]) from generate_series(1, x.indnkeyatts) as k(n)
              left join pg_attribute as n on n.attrelid = c.oid and n.attnum = x.indkey[k.n - 1] and n.attnum > 0
              order by k.n) as keys,
      exists (select from pg_locks as l left join pg_stat_activity as s on s.pid = l.pid
        where l.locktype = 'relation' and l.relation = c.oid and l.granted and l.mode = 'ShareUpdateExclusiveLock'
          and l.database = (select oid from pg_database where datname = current_database())
          and s.backend_type is distinct from 'autovacuum worker') as building
    from pg_index as x join pg_class as c on c.oid = x.indrelid join pg_class as i on i.oid = x.indexrelid
    join pg_am as a on a.oid = i.relam
    where ${tablesNamed('c', tables)} order by c.relname, i.relname`.execute(db);
  return rows.map(({ table, name, keys, unique, constraint, plain, valid, building }) => ({
    table,
    name,
    keys,
    unique,
    ofConstraint: constraint,
    plain: plain && valid,
    invalid: valid || building ? null : invalid(db, name),
  }));
}

function invalid(db: Kysely<unknown>, name: string): IndexFacts['invalid'] {
  if (OF_A_REINDEX.test(name))
    return {
      why: 'was left by a REINDEX CONCURRENTLY that was ended',
      fix: sql`drop index concurrently ${sql.id(name)}`.compile(db).sql,
    };
  return {
    why: 'was left unfinished when it was made CONCURRENTLY: nothing is read by it, and each change of the table still writes it',
    fix: sql`reindex index concurrently ${sql.id(name)}`.compile(db).sql,
  };
}

/** Reads on a standby are counted there, not here. */
export async function unusedIndexes(
  db: Kysely<unknown>,
  tables: readonly string[],
  days: number,
): Promise<Sight<readonly UnusedIndex[]>> {
  const { rows: ages } = await sql<{ days: number | null }>`
    select (extract(epoch from now() - stats_reset) / 86400)::float8 as days
    from pg_stat_database where datname = current_database()`.execute(db);
  const age = ages[0]?.days ?? null;
  if (age === null)
    return { visible: false, why: 'as the server does not know since when it counts', remedy: null };
  if (age < days)
    return { visible: false, why: `as the server has counted for less than ${days} days`, remedy: null };
  const { rows } = await sql<UnusedIndex>`
    select c.relname as "table", i.relname as name
    from pg_stat_user_indexes as s join pg_index as x on x.indexrelid = s.indexrelid
    join pg_class as c on c.oid = x.indrelid join pg_class as i on i.oid = x.indexrelid
    where ${tablesNamed('c', tables)} and s.idx_scan = 0 and not x.indisunique and x.indisvalid
    order by c.relname, i.relname`.execute(db);
  return { visible: true, seen: rows };
}
