/**
 * Where the newest so many rows of a table begin. By itself the server might read the table instead of an index, compile what
 * takes a fifth of a second, and put more processes to work than one; others would notice.
 */
import { sql } from 'kysely';
import { byCountingAll } from '../newest-rows.ts';

const QUIETLY = sql`
  select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
    set_config('max_parallel_workers_per_gather', '0', true)`;

export const oldestOfNewest = byCountingAll(
  (rows, n) => sql`greatest(${rows} - ${sql.lit(n)}, 0)`,
  (db, count) =>
    db.transaction().execute(async (session) => {
      await QUIETLY.execute(session);
      return count(session);
    }),
);
