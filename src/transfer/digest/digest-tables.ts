/** Counts and digests of tables, whole and by ranges of their keys: equal on all engines for equal rows. */
import type { RowStreamTable } from '../row-stream/format.ts';
import { RowSum } from '../row-stream/values.ts';
import type { KeyRange } from '../rows/read-rows.ts';
import { type Portion, rangesFrom, type Side, type SummingOptions, shared, sumOf } from './portions.ts';

export interface TableDigest {
  readonly table: RowStreamTable;
  readonly sum: RowSum;
  /** In the order of keys; together they are the table. */
  readonly portions: readonly Portion[];
}

/** @param sides sessions that see the same moment: ranges are read by all of them at the same time */
export async function digestTables(
  sides: readonly [Side, ...Side[]],
  tables: readonly RowStreamTable[],
  options: SummingOptions,
): Promise<readonly TableDigest[]> {
  const ranges: { readonly table: RowStreamTable; readonly range: KeyRange }[] = [];
  for (const table of tables)
    for await (const range of rangesFrom(sides[0], table)) ranges.push({ table, range });
  const portions = await shared(sides, ranges, async (side, { table, range }) => ({
    table,
    range,
    sum: await sumOf(side, table, range, options),
  }));
  return tables.map((table) => {
    const own = portions.filter((portion) => portion.table === table);
    const sum = new RowSum();
    for (const portion of own) sum.addAll(portion.sum);
    return { table, sum, portions: own };
  });
}
