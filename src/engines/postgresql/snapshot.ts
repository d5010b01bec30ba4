/** Sessions of PostgreSQL that share a snapshot: the first one exports it, and keeps it alive. */
import { type Kysely, sql } from 'kysely';
import type { Snapshot } from '../contract/snapshots.ts';
import { beginReading, readersOf } from '../reading-transactions.ts';

export async function snapshot(db: Kysely<unknown>, readers: number): Promise<Snapshot> {
  const first = await beginReading(db);
  const { rows } = await sql<{ id: string }>`select pg_export_snapshot() as id`.execute(first);
  const id = rows[0]?.id ?? '';
  return readersOf(db, first, readers, (reading) => see(reading, id), {
    moment: id,
    isShared: async () => true,
  });
}

/** @throws DATABASE_FAILED where that snapshot is not open any more */
export async function snapshotAt(db: Kysely<unknown>, id: string): Promise<Snapshot> {
  const first = await beginReading(db);
  try {
    await see(first, id);
  } catch (error) {
    await first.rollback().execute();
    throw error;
  }
  return readersOf(db, first, 1, async () => {});
}

function see(reading: Kysely<unknown>, id: string): Promise<unknown> {
  return sql`set transaction snapshot ${sql.lit(id)}`.execute(reading);
}
