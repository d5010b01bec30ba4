/** A transaction that writes only while the lease is held. */
import type { Transaction } from 'kysely';
import type { Engine } from '../engines/index.ts';
import { patiently } from '../pacing/index.ts';
import type { Fence } from './fence.ts';

export interface Fenced {
  /** Undefined where no lease has to be held. */
  readonly fence?: Fence | undefined;
  /** Ends the wait for locks of others. */
  readonly signal?: AbortSignal | undefined;
  /** How long locks of others are waited for, in milliseconds; five minutes unless specified. */
  readonly patienceMs?: number | undefined;
}

/** Waits for locks of others, and is done as a whole or not at all. @throws LEASE_LOST, LOCK_TIMEOUT, a signal's reason */
export function fencedTransaction<Tables, T>(
  engine: Engine,
  { fence, signal, patienceMs }: Fenced,
  work: (db: Transaction<Tables>) => Promise<T>,
): Promise<T> {
  const attempt = () =>
    engine
      .kysely<Tables>()
      .transaction()
      .execute(async (db) => {
        await fence?.hold(db as unknown as Transaction<unknown>);
        return work(db);
      });
  return patiently(attempt, { signals: [signal, fence?.signal], patienceMs });
}
