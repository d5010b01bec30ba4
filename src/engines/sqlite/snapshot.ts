/** A snapshot of SQLite: one session, as statements block this process, and a second one would bring nothing. */
import { type Kysely, sql } from 'kysely';
import type { Snapshot } from '../contract/snapshots.ts';
import { beginReading, readersOf } from '../reading-transactions.ts';

export async function snapshot(db: Kysely<unknown>): Promise<Snapshot> {
  const reading = await beginReading(db);
  // A transaction's moment is that of its first read.
  await sql`select 1 from sqlite_schema limit 1`.execute(reading);
  return readersOf(db, reading, 1, async () => {});
}
