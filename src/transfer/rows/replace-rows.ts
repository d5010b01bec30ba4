/**
 * Makes rows what they are elsewhere, by their keys. Rows that differ are updated in place: to delete them would delete or hinder what
 * refers to them.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { fencedTransaction } from '../../leases/index.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { LargeValue } from '../row-stream/large-value.ts';
import type { Row } from '../row-stream/values.ts';
import { insertRows, updateRow } from './insert-rows.ts';

/** Rows that are deleted at a time. */
const DELETED_AT_ONCE = 500;
/** Rows that are written at a time: each of their values is an object on its way into a statement. */
const WRITTEN_AT_ONCE = 100;

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
    for (const some of chunks(keys, DELETED_AT_ONCE)) {
      signal?.throwIfAborted();
      const { numAffectedRows } = await sql`
        delete from ${sql.table(table.name)} where ${areKeys(engine, table, some)}`.execute(db);
      deleted += numAffectedRows ?? 0n;
    }
    return Number(deleted);
  });
}

export interface WritingOver {
  /** Whether the table is known to have a row with that key. */
  readonly isThere: (row: Row) => boolean;
  /** Whether the table has unique keys besides its primary one. */
  readonly hasUnique: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * In one transaction. With foreign keys, take tables parents first.
 * @param rows as they are to be; read again where the transaction has to wait for others and begins anew
 * @returns how many there were @throws CONSTRAINT, TOO_LARGE and others of the database; then nothing was changed
 */
export async function writeOver(
  engine: Engine,
  table: RowStreamTable,
  rows: () => AsyncIterable<readonly Row[]>,
  { isThere, hasUnique, signal }: WritingOver,
): Promise<number> {
  const columns = table.columns.map(({ name }) => name).filter((name) => !table.key.includes(name));
  const overwriting = hasUnique ? undefined : engine.overwriting(table.key, columns);
  let inserted = 0;
  const written = await fencedTransaction(engine, { signal }, async (db: Kysely<unknown>) => {
    let all = 0;
    inserted = 0;
    for await (const page of rows()) {
      signal?.throwIfAborted();
      const missing: Row[] = [];
      const changed: Row[] = [];
      for (const row of page) {
        if (!isThere(row)) missing.push(row);
        else if (overwriting && !row.some((value) => value instanceof LargeValue)) changed.push(row);
        // What it referred to may have taken it along.
        else if (!(await updateRow(engine, db, table, columns, row))) missing.push(row);
      }
      for (const some of chunks(changed, WRITTEN_AT_ONCE))
        await insertRows(engine, db, table, some, overwriting);
      for (const some of chunks(missing, WRITTEN_AT_ONCE)) await insertRows(engine, db, table, some);
      inserted += missing.length;
      all += page.length;
    }
    return all;
  });
  if (inserted > 0) await engine.catchUpIdentity(table.name);
  return written;
}

function* chunks<T>(items: readonly T[], most: number): Generator<readonly T[]> {
  for (let start = 0; start < items.length; start += most) yield items.slice(start, start + most);
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
