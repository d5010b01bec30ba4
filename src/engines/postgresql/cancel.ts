/** How a statement of PostgreSQL is cancelled from another session. */
import { sql } from 'kysely';
import type { Ending } from '../ended-by.ts';

export const CANCEL: Ending<number> = {
  idOf: async (session) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(session);
    return rows[0]?.pid ?? 0;
  },
  end: (pool, pid) => sql`select pg_cancel_backend(${pid})`.execute(pool),
};
