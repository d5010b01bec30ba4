/** Takes the values of unique keys away from rows that are about to get others. */
import { type Kysely, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { fencedTransaction } from '../../leases/index.ts';
import { kindOf } from '../row-stream/values.ts';
import type { KeyRange } from '../rows/read-rows.ts';
import type { MovedTable } from './moved-tables.ts';

/** Rows of one transaction. */
const ROWS = 1_000;

/**
 * A text of a unique key becomes one that no row has; a row of a key without a text is deleted. All of them differ from what
 * they are to be, and are written again.
 */
export async function makeWay(
  engine: Engine,
  { table: { name, key, columns }, unique }: MovedTable,
  { first, last }: KeyRange,
  signal?: AbortSignal,
): Promise<void> {
  const [id = ''] = key;
  const texts = unique.map((parts) =>
    parts.find((part) => columns.some((column) => column.name === part && kindOf(column) === 'text')),
  );
  let from = first?.[0];
  for (;;) {
    signal?.throwIfAborted();
    const bounds = [
      ...(from === undefined ? [] : [sql`${sql.ref(id)} >= ${from}`]),
      ...(last === null ? [] : [sql`${sql.ref(id)} <= ${last[0]}`]),
    ];
    const where = bounds.length === 0 ? sql`` : sql`where ${sql.join(bounds, sql` and `)}`;
    const ids = await fencedTransaction(engine, { signal }, async (db: Kysely<unknown>) => {
      const { rows } = await sql<{ id: bigint }>`
        select ${sql.ref(id)} as id from ${sql.table(name)} ${where} order by ${sql.ref(id)} limit ${sql.lit(ROWS)}`.execute(
        db,
      );
      for (const row of rows) {
        const isRow = sql`${sql.ref(id)} = ${row.id}`;
        if (texts.includes(undefined)) await sql`delete from ${sql.table(name)} where ${isRow}`.execute(db);
        else {
          const set = sql.join(texts.map((text) => sql`${sql.ref(text ?? '')} = ${`~${row.id}`}`));
          await sql`update ${sql.table(name)} set ${set} where ${isRow}`.execute(db);
        }
      }
      return rows.map((row) => row.id);
    });
    const end = ids.at(-1);
    if (end === undefined) return;
    from = end + 1n;
  }
}
