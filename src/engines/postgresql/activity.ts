/** Who is connected to PostgreSQL, and what has been open for longest. */
import { type Kysely, sql } from 'kysely';
import type { Activity, LockWait, OpenTransaction } from '../contract/upkeep.ts';
import type { Sight } from '../sight.ts';

/** What others are doing is shown to members of pg_read_all_stats alone; that they are there, to everybody. */
function hiddenFrom(account: string) {
  return {
    visible: false,
    why: 'as this account may not see what sessions of others do',
    remedy: `GRANT pg_read_all_stats TO ${account}`,
  } as const;
}

interface Row {
  used: bigint;
  limit: bigint;
  hidden: bigint;
  /** Ours, as SQL writes it: whoever grants is another one. */
  account: string;
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
      current_setting('max_connections')::bigint as "limit", quote_ident(current_user) as account,
      (select count(*) from sessions where hidden and datname = current_database()) as hidden,
      o.pid, o.usename as "user", host(o.client_addr) as address,
      extract(epoch from clock_timestamp() - o.xact_start)::float8 as seconds
    from (select 1) as one left join oldest as o on true`.execute(db);
  const [row] = rows;
  if (!row) throw new Error('a query without a table returned no row');
  return {
    connections: { visible: true, seen: { used: Number(row.used), limit: Number(row.limit) } },
    oldest: oldestOf(row),
    longestWait:
      row.hidden > 0n ? hiddenFrom(row.account) : { visible: true, seen: await longestWait(db, ours) },
  };
}

/** Since when somebody waits for a lock is known from PostgreSQL 14 on; before, his statement began no earlier. */
async function longestWait(db: Kysely<unknown>, ours: readonly string[]): Promise<LockWait | null> {
  const { rows } = await sql<WaitRow>`
    with waits as (
      select l.pid, coalesce((to_jsonb(l) ->> 'waitstart')::timestamptz, a.query_start) as since
      from pg_locks as l join pg_stat_activity as a on a.pid = l.pid
      where not l.granted and a.datname = current_database() and l.pid <> all(${sql`${`{${ours.join()}}`}::int[]`})
      order by since limit 1)
    select w.pid, a.usename as "user", host(a.client_addr) as address,
      h.pid as holder, h.usename as holder_user, host(h.client_addr) as holder_address,
      extract(epoch from clock_timestamp() - w.since)::float8 as seconds
    from waits as w join pg_stat_activity as a on a.pid = w.pid
    left join pg_stat_activity as h on h.pid = (pg_blocking_pids(w.pid))[1]`.execute(db);
  const [row] = rows;
  if (!row) return null;
  const { pid, user, address, holder, holder_user, holder_address, seconds } = row;
  return {
    whose: sessionName(pid, user, address),
    holder: holder === null ? null : sessionName(holder, holder_user, holder_address),
    seconds: Math.max(0, seconds ?? 0),
  };
}

interface WaitRow {
  pid: number;
  user: string | null;
  address: string | null;
  holder: number | null;
  holder_user: string | null;
  holder_address: string | null;
  seconds: number | null;
}

function sessionName(pid: number, user: string | null, address: string | null): string {
  return `session ${pid} (user ${user ?? 'unknown'} at ${address ?? 'this host'})`;
}

function oldestOf({ hidden, account, pid, user, address, seconds }: Row): Sight<OpenTransaction | null> {
  if (hidden > 0n) return hiddenFrom(account);
  if (pid === null) return { visible: true, seen: null };
  return {
    visible: true,
    seen: { whose: sessionName(pid, user, address), seconds: Math.max(0, seconds ?? 0) },
  };
}
