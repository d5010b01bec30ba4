/** Indexes as SQLite knows them; it counts nobody's reads. */
import { type Kysely, sql } from 'kysely';
import type { IndexFacts } from '../contract/integrity.ts';

export async function indexFacts(
  db: Kysely<unknown>,
  tables: readonly string[],
): Promise<readonly IndexFacts[]> {
  const { rows } = await sql<{
    table: string;
    name: string;
    unique: bigint;
    origin: string;
    partial: bigint;
    key: string;
    expression: bigint;
  }>`
    select m.name as "table", l.name as name, l."unique" as "unique", l.origin, l.partial,
      coalesce(k.name, '') || ' ' || k.coll || case when k."desc" then ' desc' else '' end as key, k.cid = -2 as expression
    from sqlite_schema as m, pragma_index_list(m.name) as l, pragma_index_xinfo(l.name) as k
    where m.type = 'table' and k.key = 1 and m.name in (select value from json_each(${JSON.stringify(tables)}))
    order by m.name, l.name, k.seqno`.execute(db);
  return [...Map.groupBy(rows, ({ table, name }) => JSON.stringify([table, name])).values()].flatMap(
    (parts) => {
      const [first] = parts;
      if (!first) return [];
      return [
        {
          table: first.table,
          name: first.name,
          keys: parts.map(({ key }) => key),
          unique: Number(first.unique) === 1,
          ofConstraint: first.origin !== 'c',
          plain: Number(first.partial) === 0 && parts.every(({ expression }) => Number(expression) === 0),
          invalid: null,
        },
      ];
    },
  );
}
