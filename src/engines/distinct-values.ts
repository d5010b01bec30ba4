/** The different values of a column, for engines whose DISTINCT would read every entry of the index. */
import { type RawBuilder, sql } from 'kysely';
import type { WantedValues } from './contract/rows.ts';

/** Source: https://wiki.postgresql.org/wiki/Loose_indexscan */
export function distinctValues({ table, column, from, most }: WantedValues): RawBuilder<unknown> {
  const [name, key] = [sql.table(table), sql.ref(column)];
  return sql`
    with recursive walk(value) as (
      select min(${key}) from ${name} where ${key} >= ${from}
      union all
      select (select min(${sql.ref(`c.${column}`)}) from ${name} as c where ${sql.ref(`c.${column}`)} > walk.value)
      from walk where walk.value is not null
    )
    select value from (select value from walk limit ${sql.lit(most)}) as found where value is not null`;
}
