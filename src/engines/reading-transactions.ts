/** Transactions that only read, for snapshots: begun one after the other, and ended together. */
import type { ControlledTransaction, Kysely } from 'kysely';
import type { Snapshot } from './contract/snapshots.ts';

export type Reading = ControlledTransaction<unknown>;

export function beginReading(db: Kysely<unknown>): Promise<Reading> {
  return db.startTransaction().setIsolationLevel('repeatable read').setAccessMode('read only').execute();
}

/** How others find a snapshot: for one whose moment is of one connection alone, not at all. */
export type Sharing = Pick<Snapshot, 'moment' | 'isShared'>;
export const NOT_SHARED: Sharing = { moment: null, isShared: async () => false };

/** @param see makes a transaction see what the first one does @returns as many as there could be */
export async function readersOf(
  db: Kysely<unknown>,
  first: Reading,
  readers: number,
  see: (reading: Reading) => Promise<unknown>,
  sharing: Sharing = NOT_SHARED,
): Promise<Snapshot> {
  const all: [Reading, ...Reading[]] = [first];
  while (all.length < readers) {
    // One is enough: the server may have no session left for another one.
    const another = await beginReading(db).catch(() => undefined);
    if (!another) break;
    try {
      await see(another);
      all.push(another);
    } catch {
      await ended(another);
      break;
    }
  }
  return { ...sharing, readers: all, close: async () => void (await Promise.all(all.map(ended))) };
}

/** Nothing was written: a connection that is lost has ended it as well. */
async function ended(reading: Reading): Promise<void> {
  await reading
    .rollback()
    .execute()
    .catch(() => {});
}
