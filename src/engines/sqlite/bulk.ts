/** Bulk loading into SQLite: one prepared INSERT, in transactions of bounded size. */
import { setImmediate as otherWork } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import { batches } from '../batches.ts';
import type { BulkLoad, BulkValue } from '../contract/rows.ts';
import { segments } from '../segments.ts';
import { toSqlite } from './values.ts';

/** Measured: from here on larger transactions gain nothing, and a writer beside us waits for one of them. */
const BATCHES_PER_TRANSACTION = 10;
const ROWS_PER_BATCH = 1_000;
/** A batch is all that is in memory of a transaction. */
const BYTES_PER_BATCH = 512 * 1024;

export async function bulkLoad(
  database: Database.Database,
  db: Kysely<unknown>,
  load: BulkLoad,
): Promise<number> {
  const insert = database.prepare(insertStatement(db, load));
  let written = 0;
  const write = (row: readonly BulkValue[]) => insert.run(row.map(toSqlite));
  const all = batches(load.rows, ROWS_PER_BATCH, BYTES_PER_BATCH);
  for await (const transaction of segments(
    all,
    load.whole ? Number.POSITIVE_INFINITY : BATCHES_PER_TRANSACTION,
  )) {
    await db.transaction().execute(async (session) => {
      await load.inTransaction?.(session);
      for await (const rows of transaction) {
        rows.forEach(write);
        written += rows.length;
      }
    });
    load.onProgress?.(written);
    // The driver is synchronous: without this no signal would be seen until the last row.
    await otherWork();
  }
  return written;
}

function insertStatement(db: Kysely<unknown>, load: BulkLoad): string {
  const columns = sql.join(load.columns.map((name) => sql.ref(name)));
  const places = sql.join(load.columns.map(() => sql`${null}`));
  return sql`insert into ${sql.table(load.table)} (${columns}) values (${places})`.compile(db).sql;
}
