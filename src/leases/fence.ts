/**
 * Keeps a writer that has lost its lease without noticing from writing: frozen for a minute and woken up, it would go on
 * where somebody else has taken over.
 */
import type { Kysely } from 'kysely';

export interface Fence {
  /**
   * Asked first in each transaction that writes: reads the term of the lease with a lock, so that nobody can take it over
   * before the transaction has ended. @param db the transaction @throws LEASE_LOST
   */
  hold(db: Kysely<unknown>): Promise<void>;
  /** Aborts when the lease is lost, or its holder can no longer be sure of it. */
  readonly signal: AbortSignal;
}

/** One that holds both, where both are given: what works under two leases must have each of them. */
export function bothFences(one: Fence | undefined, other: Fence | undefined): Fence | undefined {
  if (!one || !other || one === other) return one ?? other;
  return {
    signal: AbortSignal.any([one.signal, other.signal]),
    hold: async (db) => {
      await one.hold(db);
      await other.hold(db);
    },
  };
}
