/** Indexes as MySQL and MariaDB know them, and which of them nobody reads by. */
import { type Kysely, sql } from 'kysely';
import { isMultiFlexiError } from '../../errors.ts';
import type { IndexFacts, UnusedIndex } from '../contract/integrity.ts';
import type { Sight } from '../sight.ts';
import { grantOf } from './grants.ts';
import { isOwnDatabase } from './own-database.ts';

/** An index whose columns cannot be seen, as one of expressions, is like no other. */
export async function indexFacts(
  db: Kysely<unknown>,
  tables: readonly string[],
): Promise<readonly IndexFacts[]> {
  if (tables.length === 0) return [];
  const { rows } = await sql<{
    table_: string;
    name: string;
    column_: string | null;
    part: bigint | number | null;
    sorted: string | null;
    type: string;
    non_unique: bigint | number;
  }>`
    select table_name as table_, index_name as name, column_name as column_, sub_part as part, collation as sorted,
      index_type as type, non_unique as non_unique
    from information_schema.statistics where ${isOwnDatabase('table_schema')} and table_name in (${sql.join(tables)})
    order by table_name, index_name, seq_in_index`.execute(db);
  return [...Map.groupBy(rows, ({ table_, name }) => JSON.stringify([table_, name])).values()].flatMap(
    (parts) => {
      const [first] = parts;
      if (!first) return [];
      return [
        {
          table: first.table_,
          name: first.name,
          keys: parts.map(({ column_, part, sorted }) => `${column_} ${part ?? ''} ${sorted ?? ''}`),
          unique: Number(first.non_unique) === 0,
          ofConstraint: first.name === 'PRIMARY',
          plain: first.type === 'BTREE' && parts.every(({ column_ }) => column_ !== null),
          invalid: null,
        },
      ];
    },
  );
}

/** By the performance schema, which counts since the server was started. */
export async function unusedIndexes(
  db: Kysely<unknown>,
  tables: readonly string[],
  days: number,
): Promise<Sight<readonly UnusedIndex[]>> {
  const { rows: said } = await sql<{ Variable_name: string; Value: string }>`
    show global status where variable_name = 'Uptime'`.execute(db);
  const { rows: on } = await sql<{ counts: bigint | number }>`select @@performance_schema as counts`.execute(
    db,
  );
  if (Number(on[0]?.counts ?? 0) === 0)
    return {
      visible: false,
      why: 'as performance_schema is OFF; ON in the configuration of the server shows it',
      remedy: null,
    };
  if (Number(said[0]?.Value ?? 0) < days * 86_400)
    return { visible: false, why: `as the server has counted for less than ${days} days`, remedy: null };
  if (tables.length === 0) return { visible: true, seen: [] };
  try {
    const { rows } = await sql<{ table_: string; name: string }>`
      select object_name as table_, index_name as name from performance_schema.table_io_waits_summary_by_index_usage
      where ${isOwnDatabase('object_schema')} and object_name in (${sql.join(tables)})
        and index_name is not null and index_name <> 'PRIMARY' and count_star = 0
      order by object_name, index_name`.execute(db);
    return { visible: true, seen: rows.map(({ table_, name }) => ({ table: table_, name })) };
  } catch (error) {
    if (!isMultiFlexiError(error, 'PERMISSION_DENIED')) throw error;
    const { user, statement } = await grantOf(
      db,
      'SELECT ON performance_schema.table_io_waits_summary_by_index_usage',
    );
    return { visible: false, why: `as user ${user} lacks a privilege`, remedy: statement };
  }
}
