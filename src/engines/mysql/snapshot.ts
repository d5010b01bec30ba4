/**
 * A snapshot of MySQL and MariaDB is of one session. Several would see the same moment only if they began while nobody can
 * write, and locks of all tables take part in deadlocks, of which the server ends the writer.
 */
import { type Kysely, sql } from 'kysely';
import type { Snapshot } from '../contract/snapshots.ts';
import { beginReading, readersOf } from '../reading-transactions.ts';
import { tableNames } from './introspection.ts';

export async function snapshot(db: Kysely<unknown>): Promise<Snapshot> {
  const [table] = await tableNames(db);
  const reading = await beginReading(db);
  // A transaction's moment is that of its first read of a table.
  if (table !== undefined) await sql`select 1 from ${sql.table(table)} limit 1`.execute(reading);
  return readersOf(db, reading, 1, async () => {});
}
