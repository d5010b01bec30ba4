/** Counts and digests of tables, whole and by ranges of their keys: equal on all engines for equal rows. */
import type { Engine, Snapshot } from '../../engines/index.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { RowSum } from '../row-stream/values.ts';
import type { KeyRange } from '../rows/read-rows.ts';
import { type Portion, rangesFrom, type SummingOptions, shared, sumOf } from './portions.ts';

export interface TableDigest {
  readonly table: RowStreamTable;
  readonly sum: RowSum;
  /** In the order of keys; together they are the table. */
  readonly portions: readonly Portion[];
}

/** @param readers sessions that see the same moment: ranges are read by all of them at the same time */
export async function digestTable(
  engine: Engine,
  readers: Snapshot['readers'],
  table: RowStreamTable,
  options: SummingOptions,
): Promise<TableDigest> {
  const [first] = readers;
  const ranges: KeyRange[] = [];
  for await (const range of rangesFrom({ engine, db: first }, table)) ranges.push(range);
  const sides = readers.map((db) => ({ engine, db }));
  const portions = await shared(sides, ranges, async (side, range) => ({
    table,
    range,
    sum: await sumOf(side, table, range, options),
  }));
  const sum = new RowSum();
  for (const portion of portions) sum.addAll(portion.sum);
  return { table, sum, portions };
}
