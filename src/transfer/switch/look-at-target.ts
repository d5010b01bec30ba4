/** What a database is like, without reading all of it. */
import { sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { ofOneMoment, type Portion, rangesFrom, sumOf } from '../digest/portions.ts';

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

/** So many rows tell how fast the others of their table are read. */
const SAMPLE_ROWS = 4_000;

/** About how long it takes to read all of it, in milliseconds: a few rows of each table are read. */
export function readingMsOf(
  engine: Engine,
  portions: readonly Portion[],
  signal?: AbortSignal,
): Promise<number> {
  return ofOneMoment(engine, async (side) => {
    let ms = 0;
    for (const table of new Set(portions.map((portion) => portion.table))) {
      const own = portions.filter((portion) => portion.table === table);
      const rows = own.reduce((all, { sum }) => all + sum.rows, 0);
      const first = own[own.length >> 1]?.range.first?.[0];
      const { value: range } = await rangesFrom(
        side,
        table,
        typeof first === 'bigint' ? first : null,
        SAMPLE_ROWS,
      ).next();
      if (rows === 0 || !range) continue;
      const started = performance.now();
      const read = await sumOf(side, table, range, { signal });
      if (read.rows > 0) ms += ((performance.now() - started) * rows) / read.rows;
    }
    return ms;
  });
}
