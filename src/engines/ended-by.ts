/** A session whose statement at hand is ended from another one when a signal aborts: everybody may end his own. */
import type { Kysely } from 'kysely';

export interface Ending<Id> {
  /** What the server calls the session. */
  idOf(session: Kysely<unknown>): Promise<Id>;
  /** Ends its statement, from a session of the pool. */
  end(pool: Kysely<unknown>, id: Id): Promise<unknown>;
  /** Takes what was too late for the statement, and would end the next one; run before the session goes back to the pool. */
  settle?(session: Kysely<unknown>): Promise<unknown>;
}

/** @throws the signal's reason */
export async function endedBy<T, Id>(
  pool: Kysely<unknown>,
  signal: AbortSignal,
  { idOf, end, settle }: Ending<Id>,
  work: (db: Kysely<unknown>) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  return pool.connection().execute(async (session) => {
    const id = await idOf(session);
    let ended: Promise<unknown> | undefined;
    const onAbort = () => {
      ended = end(pool, id).catch(() => {});
    };
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      return await work(session);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      if (ended) {
        await ended;
        await settle?.(session).catch(() => {});
      }
    }
  });
}
