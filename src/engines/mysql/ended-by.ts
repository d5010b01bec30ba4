/** A session whose statement at hand is ended from another one when a signal aborts: everybody may end his own. */
import { type Kysely, sql } from 'kysely';

/** @throws the signal's reason */
export async function endedBy<T>(
  pool: Kysely<unknown>,
  signal: AbortSignal,
  work: (db: Kysely<unknown>) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  return pool.connection().execute(async (session) => {
    const { rows } = await sql<{ id: bigint }>`select connection_id() as id`.execute(session);
    const id = BigInt(rows[0]?.id ?? 0).toString();
    let ended: Promise<unknown> | undefined;
    const end = () => {
      ended = sql`kill query ${sql.raw(id)}`.execute(pool).catch(() => {});
    };
    signal.addEventListener('abort', end, { once: true });
    try {
      signal.throwIfAborted();
      return await work(session);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', end);
      if (ended) {
        await ended;
        // The session goes back to the pool: what was too late for this statement would end the next one.
        await sql`select 1`.execute(session).catch(() => {});
      }
    }
  });
}
