/** What pg_repack leaves when it is killed. Source: https://reorg.github.io/pg_repack/ ("How to cleanup") */
import { type Kysely, sql } from 'kysely';
import type { Trouble } from '../contract/integrity.ts';
import type { Sight } from '../sight.ts';
import { tablesNamed } from './tables-named.ts';

const SCHEMA = 'repack';

export async function leftovers(
  db: Kysely<unknown>,
  tables: readonly string[],
): Promise<Sight<readonly Trouble[]>> {
  const { rows: triggers } = await sql<{ table: string; name: string }>`
    select c.relname as "table", t.tgname as name from pg_trigger as t join pg_class as c on c.oid = t.tgrelid
    where ${tablesNamed('c', tables)} and t.tgname = 'repack_trigger'`.execute(db);
  // Its tables are named by the oid of the table that it writes again.
  const { rows: logs } = await sql<{ table: string; name: string }>`
    select c.relname as "table", l.relname as name
    from pg_class as l join pg_namespace as n on n.oid = l.relnamespace and n.nspname = ${SCHEMA}
    join pg_class as c on l.relname in ('log_' || c.oid, 'table_' || c.oid)
    where l.relkind = 'r' and ${tablesNamed('c', tables)} order by l.relname`.execute(db);
  return {
    visible: true,
    seen: [
      ...triggers.map(({ table, name }) =>
        left(
          `${table}.${name}`,
          table,
          `The trigger ${name} of pg_repack stands on ${table}, and writes each change once more`,
          sql`drop trigger ${sql.id(name)} on ${sql.table(table)}`.compile(db).sql,
        ),
      ),
      ...logs.map(({ table, name }) =>
        left(
          `${SCHEMA}.${name}`,
          table,
          `The table ${SCHEMA}.${name} of pg_repack takes space beside ${table}`,
          sql`drop table ${sql.id(SCHEMA, name)}`.compile(db).sql,
        ),
      ),
    ],
  };
}

function left(about: string, table: string, what: string, fix: string): Trouble {
  const message = `${what}. Unless pg_repack is running just now, it was killed and has left that behind.`;
  return { about, severity: 'warning', table, message, fix, safeToLeave: null };
}
