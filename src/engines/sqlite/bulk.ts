/** Bulk loading into SQLite: one prepared INSERT, in transactions of bounded size. */
import { setImmediate as otherWork } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';
import { batches } from '../batches.ts';
import type { BulkLoad, BulkValue } from '../contract/rows.ts';
import { toSqlite } from './values.ts';

/** Measured: from here on larger transactions gain nothing, and a writer beside us waits for one of them. */
const ROWS_PER_TRANSACTION = 10_000;

export async function bulkLoad(
  database: Database.Database,
  db: Kysely<unknown>,
  load: BulkLoad,
): Promise<number> {
  const insert = database.prepare(insertStatement(db, load));
  let written = 0;
  const writeBatch = (rows: readonly (readonly BulkValue[])[]) => {
    database.exec('BEGIN IMMEDIATE');
    try {
      for (const row of rows) insert.run(...row.map(toSqlite));
      database.exec('COMMIT');
    } catch (error) {
      // A full disk has rolled back by itself already.
      if (database.inTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };
  for await (const rows of batches(load.rows, ROWS_PER_TRANSACTION)) {
    writeBatch(rows);
    written += rows.length;
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
