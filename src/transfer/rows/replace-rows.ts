/**
 * Makes rows what they are elsewhere, by their keys. Rows that differ are updated in place: to delete them would delete or hinder what
 * refers to them.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { fencedTransaction } from '../../leases/index.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import type { Row } from '../row-stream/values.ts';
import { insertRows, updateRow } from './insert-rows.ts';

/** Rows that are inserted or deleted at a time. */
const ROWS_AT_ONCE = 500;

/**
 * In one transaction. What refers to them goes before: with foreign keys, take tables children first.
 * @param keys each has the values of the table's key, in its order
 * @returns how many there were @throws CONSTRAINT and others of the database; then nothing was changed
 */
export function deleteRows(
  engine: Engine,
  table: RowStreamTable,
  keys: readonly (readonly unknown[])[],
  signal?: AbortSignal,
): Promise<number> {
  return fencedTransaction(engine, { signal }, async (db: Kysely<unknown>) => {
    let deleted = 0n;
    for (let start = 0; start < keys.length; start += ROWS_AT_ONCE) {
      signal?.throwIfAborted();
      const some = areKeys(engine, table, keys.slice(start, start + ROWS_AT_ONCE));
      const { numAffectedRows } = await sql`delete from ${sql.table(table.name)} where ${some}`.execute(db);
      deleted += numAffectedRows ?? 0n;
    }
    return Number(deleted);
  });
}

/**
 * In one transaction. With foreign keys, take tables parents first.
 * @param rows as they are to be; read again where the transaction has to wait for others and begins anew
 * @param isThere whether the table is known to have a row with that key
 * @returns how many there were @throws CONSTRAINT, TOO_LARGE and others of the database; then nothing was changed
 */
export async function writeOver(
  engine: Engine,
  table: RowStreamTable,
  rows: () => AsyncIterable<readonly Row[]>,
  isThere: (row: Row) => boolean,
  signal?: AbortSignal,
): Promise<number> {
  const columns = table.columns.map(({ name }) => name).filter((name) => !table.key.includes(name));
  let inserted = 0;
  const written = await fencedTransaction(engine, { signal }, async (db: Kysely<unknown>) => {
    let updated = 0;
    inserted = 0;
    for await (const page of rows()) {
      signal?.throwIfAborted();
      const missing: Row[] = [];
      // What it referred to may have taken it along.
      for (const row of page)
        if (isThere(row) && (await updateRow(engine, db, table, columns, row))) updated++;
        else missing.push(row);
      for (let start = 0; start < missing.length; start += ROWS_AT_ONCE)
        await insertRows(engine, db, table, missing.slice(start, start + ROWS_AT_ONCE));
      inserted += missing.length;
    }
    return updated + inserted;
  });
  if (inserted > 0) await engine.catchUpIdentity(table.name);
  return written;
}

/** Any of them: by a list of ids where they are that, which an index is walked by. */
export function areKeys(
  engine: Engine,
  { key }: RowStreamTable,
  keys: readonly (readonly unknown[])[],
): RawBuilder<boolean> {
  const [id, ...more] = key;
  const ids = keys.map(([first]) => first).filter((first) => typeof first === 'bigint');
  if (id !== undefined && more.length === 0 && ids.length === keys.length) return engine.among(id, ids);
  const each = keys.map((values) =>
    sql.join(
      key.map((name, place) => sql`${sql.ref(name)} = ${values[place]}`),
      sql` and `,
    ),
  );
  return sql<boolean>`(${sql.join(each, sql` or `)})`;
}
