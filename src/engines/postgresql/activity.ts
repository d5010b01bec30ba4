/** Who is connected to PostgreSQL, and what has been open for longest. */
import { type Kysely, sql } from 'kysely';
import type { Activity, OpenTransaction } from '../contract/upkeep.ts';
import type { Sight } from '../sight.ts';

/** What others are doing is shown to members of pg_read_all_stats alone; that they are there, to everybody. */
const REMEDY = 'GRANT pg_read_all_stats TO CURRENT_USER';

interface Row {
  used: bigint;
  limit: bigint;
  hidden: bigint;
  pid: number | null;
  user: string | null;
  address: string | null;
  seconds: number | null;
}

/** @param ours process ids of our sessions, which are left out of the transactions */
export async function activity(db: Kysely<unknown>, ours: readonly string[]): Promise<Activity> {
  const { rows } = await sql<Row>`
    with sessions as (
      select pid, usename, client_addr, xact_start, state, datname, query = '<insufficient privilege>' as hidden
      from pg_stat_activity where backend_type = 'client backend' or backend_type is null),
    oldest as (
      select pid, usename, client_addr, xact_start from sessions
      where xact_start is not null and datname = current_database()
        and pid <> all(${sql`${`{${ours.join()}}`}::int[]`})
      order by xact_start limit 1)
    select (select count(*) from sessions) as used,
      current_setting('max_connections')::bigint as "limit",
      (select count(*) from sessions where hidden and datname = current_database()) as hidden,
      o.pid, o.usename as "user", host(o.client_addr) as address,
      extract(epoch from clock_timestamp() - o.xact_start)::float8 as seconds
    from (select 1) as one left join oldest as o on true`.execute(db);
  const [row] = rows;
  if (!row) throw new Error('a query without a table returned no row');
  return {
    connections: { visible: true, seen: { used: Number(row.used), limit: Number(row.limit) } },
    oldest: oldestOf(row),
  };
}

function oldestOf({ hidden, pid, user, address, seconds }: Row): Sight<OpenTransaction | null> {
  if (hidden > 0n)
    return { visible: false, why: 'as this account may not see what sessions of others do', remedy: REMEDY };
  if (pid === null) return { visible: true, seen: null };
  const whose = `session ${pid} (user ${user ?? 'unknown'} at ${address ?? 'this host'})`;
  return { visible: true, seen: { whose, seconds: Math.max(0, seconds ?? 0) } };
}
