/** A statement that may take long, and is cancelled from another session. */
import { type Kysely, sql } from 'kysely';

/** VACUUM of a large table takes hours, and to cancel it, or an ANALYZE, does no harm. @throws the signal's reason */
export async function cancellable(
  pool: Kysely<unknown>,
  session: Kysely<unknown>,
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  signal.throwIfAborted();
  const pid = await backendOf(session);
  const cancel = () => {
    sql`select pg_cancel_backend(${pid})`.execute(pool).catch(() => {});
  };
  signal.addEventListener('abort', cancel, { once: true });
  try {
    await work();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

/** The server's number of a session. */
export async function backendOf(session: Kysely<unknown>): Promise<number> {
  const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(session);
  return rows[0]?.pid ?? 0;
}
