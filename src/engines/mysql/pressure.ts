/** What presses on a server of this family while somebody deletes: who waits for our locks, and what it cannot throw away. */
import { type Kysely, sql } from 'kysely';
import type { LockWaiters } from '../contract/locks.ts';
import type { Activity, LockWait, OpenTransaction, UndoBacklog } from '../contract/upkeep.ts';
import type { Sight } from '../sight.ts';
import { seenWith } from './grants.ts';

/** Where the two differ. */
export interface PressureDialect {
  /** Without it nobody sees who waits. */
  readonly waitersPrivilege: string;
  /** Connections that wait for these of ours, each once. */
  waiting(db: Kysely<unknown>, ours: readonly string[]): Promise<readonly string[]>;
  /** Without it nobody sees how long the history list is; null where everybody does. */
  readonly historyPrivilege: string | null;
  /** The length of InnoDB's history list; null where the server does not count. */
  historyLength(db: Kysely<unknown>): Promise<number | null>;
}

export const PROCESS = 'PROCESS ON *.*';

export function lockWaiters(
  db: Kysely<unknown>,
  { waitersPrivilege, waiting }: PressureDialect,
  ours: readonly string[],
): Promise<Sight<LockWaiters>> {
  return seenWith(db, waitersPrivilege, async () => {
    const ids = (await waiting(db, ours)).filter((id) => !ours.includes(id));
    const [first] = ids;
    return { sessions: ids.length, whose: first === undefined ? null : await nameOf(db, first) };
  });
}

export async function undoBacklog(
  db: Kysely<unknown>,
  { historyPrivilege, historyLength }: PressureDialect,
  ours: readonly string[],
): Promise<Sight<UndoBacklog>> {
  const length = await seenWith(db, historyPrivilege ?? PROCESS, () => historyLength(db));
  if (!length.visible) return length;
  if (length.seen === null)
    return {
      visible: false,
      why: 'as the server does not count it',
      remedy: "SET GLOBAL innodb_monitor_enable = 'trx_rseg_history_len'",
    };
  const oldest = await seenWith(db, PROCESS, () => oldestTransaction(db, ours));
  return { visible: true, seen: { transactions: length.seen, oldest } };
}

/** Who is connected, and what has been open for longest. */
export async function activity(db: Kysely<unknown>, ours: readonly string[]): Promise<Activity> {
  const { rows } = await sql<{ name: string; value: string }>`
    show global status where variable_name = 'Threads_connected'`.execute(db);
  const limits = await sql<{ limit: bigint | number }>`select @@global.max_connections as \`limit\``.execute(
    db,
  );
  const used = Number(Object.values(rows[0] ?? {}).at(-1) ?? Number.NaN);
  return {
    connections: { visible: true, seen: { used, limit: Number(limits.rows[0]?.limit ?? Number.NaN) } },
    oldest: await seenWith(db, PROCESS, () => oldestTransaction(db, ours)),
    longestWait: await seenWith(db, PROCESS, () => longestWait(db, ours)),
  };
}

/** For a row, as InnoDB has it; for a whole table, as the list of sessions has it, which counts whole seconds. */
async function longestWait(db: Kysely<unknown>, ours: readonly string[]): Promise<LockWait | null> {
  const others = sql.raw(listOf(ours));
  const forRows = await sql<Waiting>`
    select trx_mysql_thread_id as id, ${ageOf('trx_wait_started')} as seconds from information_schema.innodb_trx
    where trx_wait_started is not null and trx_mysql_thread_id not in (${others})
    order by trx_wait_started limit 1`.execute(db);
  const forTables = await sql<Waiting>`
    select id as id, time as seconds from information_schema.processlist
    where db = database() and state like 'Waiting for % lock' and id not in (${others})
    order by time desc limit 1`
    .execute(db)
    // MySQL's list fails on emoji in a statement of any session.
    .catch(() => ({ rows: [] }));
  const [row] = [...forRows.rows, ...forTables.rows].sort((a, b) => Number(b.seconds) - Number(a.seconds));
  if (!row) return null;
  return {
    whose: await nameOf(db, String(row.id)),
    holder: null,
    seconds: Math.max(0, Number(row.seconds)),
  };
}

interface Waiting {
  id: bigint;
  seconds: number | bigint;
}

/** These columns are in the server's own time zone, whatever the session's is. */
function ageOf(column: 'trx_started' | 'trx_wait_started') {
  return sql<number>`timestampdiff(second, convert_tz(${sql.ref(column)}, 'SYSTEM', '+00:00'), utc_timestamp())`;
}

export async function oldestTransaction(
  db: Kysely<unknown>,
  ours: readonly string[],
): Promise<OpenTransaction | null> {
  const { rows } = await sql<{ id: bigint; seconds: number | bigint }>`
    select trx_mysql_thread_id as id, ${ageOf('trx_started')} as seconds from information_schema.innodb_trx
    where trx_mysql_thread_id <> 0 and trx_mysql_thread_id not in (${sql.raw(listOf(ours))})
    order by trx_started limit 1`.execute(db);
  const [row] = rows;
  if (!row) return null;
  return { whose: await nameOf(db, String(row.id)), seconds: Math.max(0, Number(row.seconds)) };
}

/** Digits alone; never empty, as an empty list is no SQL. */
export function listOf(ids: readonly string[]): string {
  return ['0', ...ids.map((id) => BigInt(id).toString())].join();
}

export async function nameOf(db: Kysely<unknown>, id: string): Promise<string> {
  type Whose = { readonly user: string; readonly host: string };
  const { rows } = await sql<Whose>`
    select user as user, host as host from information_schema.processlist where id = ${BigInt(id)}`
    .execute(db)
    // MySQL's list fails on emoji in a statement of any session; its threads need not be on.
    .catch(() =>
      sql<Whose>`select processlist_user as user, processlist_host as host from performance_schema.threads
        where processlist_id = ${BigInt(id)}`.execute(db),
    )
    .catch(() => ({ rows: [] }));
  const [row] = rows;
  return row ? `connection ${id} (user ${row.user} at ${row.host})` : `connection ${id}`;
}
