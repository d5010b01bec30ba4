/** A session whose statement at hand is cancelled from another one when a signal aborts. */
import { type Kysely, sql } from 'kysely';

/** @throws the signal's reason */
export async function endedBy<T>(
  pool: Kysely<unknown>,
  signal: AbortSignal,
  work: (db: Kysely<unknown>) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  return pool.connection().execute(async (session) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(session);
    let cancelled: Promise<unknown> | undefined;
    const cancel = () => {
      cancelled = sql`select pg_cancel_backend(${rows[0]?.pid ?? 0})`.execute(pool).catch(() => {});
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      signal.throwIfAborted();
      return await work(session);
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', cancel);
      // The session goes back to the pool: a cancellation that is late would end somebody else's statement.
      await cancelled;
    }
  });
}
