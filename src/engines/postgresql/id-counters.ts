/** The sequences behind columns of ids: they take no notice of ids that are given, and have an end of their own. */
import { type Kysely, sql } from 'kysely';
import type { IdCounter } from '../contract/integrity.ts';
import { tablesNamed } from './tables-named.ts';

interface Sequence {
  table: string;
  column: string;
  schema: string;
  sequence: string;
  step: bigint;
  limit: bigint;
}

export async function idCounters(
  db: Kysely<unknown>,
  tables: readonly string[],
): Promise<readonly IdCounter[]> {
  // Of an identity column the sequence is an internal part (i), of a serial one a part that it owns (a).
  const { rows: sequences } = await sql<Sequence>`
    select c.relname as "table", a.attname as "column", n.nspname as schema, s.relname as sequence, q.seqincrement as step,
      least(q.seqmax, case a.atttypid when 'smallint'::regtype then 32767 when 'integer'::regtype then 2147483647
        else 9223372036854775807 end) as "limit"
    from pg_class as c join pg_depend as d on d.refobjid = c.oid and d.refclassid = 'pg_class'::regclass
      and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i') and d.refobjsubid > 0
    join pg_class as s on s.oid = d.objid and s.relkind = 'S' join pg_namespace as n on n.oid = s.relnamespace
    join pg_sequence as q on q.seqrelid = s.oid
    join pg_attribute as a on a.attrelid = c.oid and a.attnum = d.refobjsubid
    where ${tablesNamed('c', tables)} and q.seqincrement > 0 order by c.relname, a.attname`.execute(db);
  if (sequences.length === 0) return [];
  const each = sequences.map(
    ({ table, column, schema, sequence, step }, place) => sql`
      select ${sql.lit(place)}::int as place,
        (select case when is_called then last_value + ${sql.lit(Number(step))} else last_value end
         from ${sql.id(schema, sequence)}) as next,
        (select max(${sql.ref(column)})::bigint from ${sql.table(table)}) as largest`,
  );
  const { rows } = await sql<{
    place: number;
    next: bigint;
    largest: bigint | null;
  }>`${sql.join(each, sql` union all `)}`.execute(db);
  return rows.flatMap(({ place, next, largest }) => {
    const found = sequences[place];
    if (!found) return [];
    const { table, column, limit, schema, sequence } = found;
    const name = sql.lit(`"${schema.replaceAll('"', '""')}"."${sequence.replaceAll('"', '""')}"`);
    const restart = sql`select setval(${name}, (select coalesce(max(${sql.ref(column)}), 0) + 1 from ${sql.table(table)}), false)`;
    return [{ table, column, next, largest, limit, restart: restart.compile(db).sql }];
  });
}
