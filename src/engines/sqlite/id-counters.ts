/** AUTOINCREMENT: the next id follows the largest one that was ever given, or that is there. */
import { type Kysely, sql } from 'kysely';
import type { IdCounter } from '../contract/integrity.ts';

const LIMIT = 2n ** 63n - 1n;

export async function idCounters(
  db: Kysely<unknown>,
  tables: readonly string[],
): Promise<readonly IdCounter[]> {
  const { rows: columns } = await sql<{ table: string; column: string }>`
    select m.name as "table", c.name as "column" from sqlite_schema as m, pragma_table_info(m.name) as c
    where m.type = 'table' and m.sql like '%autoincrement%' and c.pk = 1
      and m.name in (select value from json_each(${JSON.stringify(tables)})) order by m.name`.execute(db);
  if (columns.length === 0) return [];
  const each = columns.map(
    ({ table, column }, place) => sql`
      select ${sql.lit(place)} as place, (select max(${sql.ref(column)}) from ${sql.table(table)}) as largest,
        (select max(seq) from sqlite_sequence where name = ${table}) as given`,
  );
  const { rows } = await sql<{
    place: bigint | number;
    largest: bigint | null;
    given: bigint | null;
  }>`${sql.join(each, sql` union all `)}`.execute(db);
  return rows.flatMap(({ place, largest, given }) => {
    const found = columns[Number(place)];
    if (!found) return [];
    const { table, column } = found;
    const last = [largest ?? 0n, given ?? 0n].map(BigInt).reduce((a, b) => (a > b ? a : b));
    const restart = sql`update sqlite_sequence set seq = (select coalesce(max(${sql.ref(column)}), 0) from ${sql.table(table)}) where name = ${sql.lit(table)}`;
    return [
      {
        table,
        column,
        next: last + 1n,
        largest: largest === null ? null : BigInt(largest),
        limit: LIMIT,
        restart: restart.compile(db).sql,
      },
    ];
  });
}

/** Past an id that may be of no row; never back. A table that never had a row has no sequence yet. */
export async function raiseSequence(db: Kysely<unknown>, table: string, past: bigint): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    await sql`
      update sqlite_sequence set seq = max(seq, ${past}) where name = ${table}`.execute(transaction);
    await sql`
      insert into sqlite_sequence (name, seq) select ${table}, ${past}
      where not exists (select 1 from sqlite_sequence where name = ${table})`.execute(transaction);
  });
}
