/** AUTO_INCREMENT of MySQL and MariaDB. InnoDB never lets it fall behind. */
import { type Kysely, sql } from 'kysely';
import type { IdCounter } from '../contract/integrity.ts';
import { isOwnDatabase } from './own-database.ts';

const BITS: Readonly<Record<string, bigint>> = {
  tinyint: 8n,
  smallint: 16n,
  mediumint: 24n,
  int: 32n,
  bigint: 64n,
};

export async function idCounters(
  db: Kysely<unknown>,
  tables: readonly string[],
): Promise<readonly IdCounter[]> {
  if (tables.length === 0) return [];
  const { rows: columns } = await sql<{ table_: string; column_: string; type: string; next: bigint | null }>`
    select c.table_name as table_, c.column_name as column_, c.column_type as type, t.auto_increment as next
    from information_schema.columns as c join information_schema.tables as t
      on t.table_schema = c.table_schema and t.table_name = c.table_name
    where ${isOwnDatabase('c.table_schema')} and c.extra like '%auto_increment%'
      and c.table_name in (${sql.join(tables)}) order by c.table_name`.execute(db);
  if (columns.length === 0) return [];
  const each = columns.map(
    ({ table_, column_ }, place) =>
      sql`select ${sql.lit(place)} as place, max(${sql.ref(column_)}) as largest from ${sql.table(table_)}`,
  );
  const { rows } = await sql<{ place: bigint | number; largest: bigint | number | null }>`
    ${sql.join(each, sql` union all `)}`.execute(db);
  return rows.flatMap(({ place, largest: found }) => {
    const column = columns[Number(place)];
    if (!column) return [];
    const largest = found === null ? null : BigInt(found);
    return [
      {
        table: column.table_,
        column: column.column_,
        next: column.next === null ? (largest ?? 0n) + 1n : BigInt(column.next),
        largest,
        limit: largestOf(column.type),
        // The server takes the first number behind the largest id.
        restart: sql`alter table ${sql.table(column.table_)} auto_increment = 1`.compile(db).sql,
      },
    ];
  });
}

function largestOf(type: string): bigint {
  const bits = BITS[/^\w+/.exec(type.toLowerCase())?.[0] ?? ''] ?? 64n;
  return 2n ** (/unsigned/i.test(type) ? bits : bits - 1n) - 1n;
}

/** Past an id that may be of no row; never back, which the statement itself would do. */
export async function raiseCounter(db: Kysely<unknown>, table: string, past: bigint): Promise<void> {
  const [counter] = await idCounters(db, [table]);
  if (counter && counter.next <= past)
    await sql`alter table ${sql.table(table)} auto_increment = ${sql.lit(past + 1n)}`.execute(db);
}
