/** What a copy is like, without reading all of it. */
import { sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { ofOneMoment, type Portion, sumOf } from '../digest/portions.ts';

/**
 * Whether each table has as many rows as were copied. Whoever else adds or deletes rows is found so; whoever only changes some is
 * found when the copy is read in full.
 */
export async function countsAs(target: Engine, portions: readonly Portion[]): Promise<boolean> {
  const wanted = new Map<string, number>();
  for (const { table, sum } of portions) wanted.set(table.name, (wanted.get(table.name) ?? 0) + sum.rows);
  for (const [name, rows] of wanted) {
    const { rows: found } = await sql<{ n: bigint }>`select count(*) as n from ${sql.table(name)}`.execute(
      target.kysely<unknown>(),
    );
    if (Number(found[0]?.n) !== rows) return false;
  }
  return true;
}

/** So many portions tell how fast the others are read. */
const SAMPLE = 3;

/** About how long it takes to read all of it, in milliseconds: a few of the largest portions are read. */
export async function readingMsOf(
  target: Engine,
  portions: readonly Portion[],
  signal?: AbortSignal,
): Promise<number> {
  const largest = portions.toSorted((one, other) => other.sum.rows - one.sum.rows).slice(0, SAMPLE);
  const started = performance.now();
  await ofOneMoment(target, async (side) => {
    for (const { table, range } of largest) await sumOf(side, table, range, { signal });
  });
  const read = rowsOf(largest);
  return read === 0 ? 0 : ((performance.now() - started) * rowsOf(portions)) / read;
}

function rowsOf(portions: readonly Portion[]): number {
  return portions.reduce((rows, { sum }) => rows + sum.rows, 0);
}
