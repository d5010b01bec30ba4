/**
 * Makes the rows of a range of keys what they are elsewhere, in one transaction. Rows that differ are updated in place: to delete
 * them would delete or hinder what refers to them.
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { type Fence, fencedTransaction } from '../../leases/index.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { summedRow } from '../row-stream/pieces.ts';
import { type Row, RowCodec } from '../row-stream/values.ts';
import { insertRows, updateRow } from './insert-rows.ts';
import { type KeyRange, readRows } from './read-rows.ts';

export interface ReplacingOptions {
  readonly signal?: AbortSignal | undefined;
  readonly fence?: Fence | undefined;
  /**
   * `surplus` deletes rows that are not elsewhere, `changes` inserts and updates; both unless specified. With foreign keys, take
   * tables parents first for changes, and children first for the surplus.
   */
  readonly only?: 'surplus' | 'changes' | undefined;
}

export interface ReplacedRows {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

/** Rows that are inserted at a time. */
const ROWS_AT_ONCE = 500;

/**
 * Digests of the range are in memory, about 200 bytes a row; its rows are not.
 * @param source reads the range elsewhere, in any order: once for its digests, and once more for what differs
 * @throws CONSTRAINT, TOO_LARGE and others of the database; then nothing was changed
 */
export async function replaceRange(
  engine: Engine,
  table: RowStreamTable,
  range: KeyRange,
  source: () => AsyncIterable<readonly Row[]>,
  { signal, fence, only }: ReplacingOptions = {},
): Promise<ReplacedRows> {
  const codec = new RowCodec(table.columns);
  const places = table.key.map((name) => table.columns.findIndex((column) => column.name === name));
  const keyOf = (row: Row) => places.map((place) => row[place]);
  const nameOf = (row: Row) => JSON.stringify(keyOf(row).map(String));
  const digestOf = async (row: Row) => codec.digest(await summedRow(table.columns, row));

  const wanted = new Map<string, string>();
  for await (const rows of source()) {
    signal?.throwIfAborted();
    for (const row of rows) wanted.set(nameOf(row), await digestOf(row));
  }
  const replaced = await fencedTransaction(engine, { fence, signal }, async (db: Kysely<unknown>) => {
    const done = { inserted: 0, updated: 0, deleted: 0 };
    const there = new Set<string>();
    const differ = new Set<string>();
    const surplus: (readonly unknown[])[] = [];
    for await (const rows of readRows(engine, db, table, { range, locked: true, signal }))
      for (const row of rows) {
        const name = nameOf(row);
        there.add(name);
        const digest = wanted.get(name);
        if (digest === undefined) surplus.push(keyOf(row));
        else if (digest !== (await digestOf(row))) differ.add(name);
      }
    if (only !== 'changes')
      for (const key of surplus) {
        await sql`delete from ${sql.table(table.name)} where ${isKey(table, key)}`.execute(db);
        done.deleted++;
      }
    const changes = [...wanted.keys()].some((name) => !there.has(name)) || differ.size > 0;
    if (only === 'surplus' || !changes) return done;
    const columns = table.columns.map(({ name }) => name).filter((name) => !table.key.includes(name));
    for await (const rows of source()) {
      signal?.throwIfAborted();
      for (const row of rows)
        if (differ.has(nameOf(row))) {
          await updateRow(engine, db, table, columns, row);
          done.updated++;
        }
      const missing = rows.filter((row) => !there.has(nameOf(row)));
      for (let start = 0; start < missing.length; start += ROWS_AT_ONCE)
        await insertRows(engine, db, table, missing.slice(start, start + ROWS_AT_ONCE));
      done.inserted += missing.length;
    }
    return done;
  });
  if (replaced.inserted > 0) await engine.catchUpIdentity(table.name);
  return replaced;
}

function isKey({ key }: RowStreamTable, values: readonly unknown[]): RawBuilder<unknown> {
  return sql.join(
    key.map((name, place) => sql`${sql.ref(name)} = ${values[place]}`),
    sql` and `,
  );
}
