/** How a statement of this family is ended from another session. */
import { sql } from 'kysely';
import type { Ending } from '../ended-by.ts';

export const KILL_QUERY: Ending<string> = {
  idOf: async (session) => {
    const { rows } = await sql<{ id: bigint }>`select connection_id() as id`.execute(session);
    return BigInt(rows[0]?.id ?? 0).toString();
  },
  end: (pool, id) => sql`kill query ${sql.raw(id)}`.execute(pool),
  // The mark stays with the session until its next statement.
  settle: (session) => sql`select 1`.execute(session),
};
