/**
 * Who waits for our locks on PostgreSQL: what waits stands in `pg_locks`, and `pg_blocking_pids` says for whom; both are
 * for every role to read. (`pg_stat_activity` shows an ordinary role only whether its own sessions wait.)
 */
import { type Kysely, sql } from 'kysely';
import type { LockWaiters } from '../contract/locks.ts';
import type { Sight } from '../sight.ts';

/** @param ours process ids of our sessions */
export async function lockWaiters(db: Kysely<unknown>, ours: readonly string[]): Promise<Sight<LockWaiters>> {
  const pids = sql`${`{${ours.join()}}`}::int[]`;
  // Named locks are waited for by those who want to be alone, not by the platform.
  const { rows } = await sql<{ pid: number; user: string | null; address: string | null }>`
    select distinct l.pid, a.usename as user, host(a.client_addr) as address
    from pg_locks as l left join pg_stat_activity as a on a.pid = l.pid
    where not l.granted and l.locktype <> 'advisory'
      and l.pid <> all(${pids}) and pg_blocking_pids(l.pid) && ${pids}
    order by l.pid`.execute(db);
  const [first] = rows;
  const whose =
    first === undefined
      ? null
      : `session ${first.pid} (user ${first.user ?? 'unknown'} at ${first.address ?? 'this host'})`;
  return { visible: true, seen: { sessions: rows.length, whose } };
}
