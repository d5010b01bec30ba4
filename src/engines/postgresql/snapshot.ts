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

/**
 * Whoever writes has a number, and a snapshot is the list of those whose rows it sees: by its bounds, and the ones in between that were not
 * done. On a standby that list lacks some; another server might come to the same numbers.
 * Source: https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-INFO-SNAPSHOT
 */
export async function stateOf(db: Kysely<unknown>): Promise<string | null> {
  const { rows } = await sql<{ state: string | null }>`
    select case when not pg_is_in_recovery()
      then concat_ws(' ', pg_current_snapshot(), extract(epoch from pg_postmaster_start_time())) end as state`.execute(
    db,
  );
  return rows[0]?.state ?? null;
}

function see(reading: Kysely<unknown>, id: string): Promise<unknown> {
  return sql`set transaction snapshot ${sql.lit(id)}`.execute(reading);
}
