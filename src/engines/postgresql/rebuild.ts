/** Writing tables of PostgreSQL anew: REPACK (CONCURRENTLY) where the server has it, else VACUUM FULL. */
import { type Kysely, sql } from 'kysely';
import { isMultiFlexiError } from '../../errors.ts';
import type { RebuildCost, RebuildOffer, RebuildRequest } from '../contract/upkeep.ts';
import { lockNotGranted } from '../failures.ts';
import { whileWatched } from '../statement-progress.ts';
import type { Version } from '../version.ts';
import { backendOf, cancellable } from './cancellable.ts';
import type { PostgresqlServer } from './connection.ts';
import { rewriteProgress } from './progress.ts';
import { type TableSpace, tableSpaces } from './space.ts';

/** Source: https://www.postgresql.org/docs/19/sql-repack.html */
const REPACK_FROM = 19;
/** Statistics know rows by their average width; so much of what stays is left out of the floor. */
const MARGIN = 0.1;
/** As on every session of ours. */
const USUAL_LOCK_TIMEOUT = '2s';

export async function rebuilds(
  db: Kysely<unknown>,
  version: Version,
  names: readonly string[],
): Promise<RebuildOffer> {
  const spaces = names.length === 0 ? [] : await tableSpaces(db, version, names);
  return { ...(hasRepack(version) ? REPACK : VACUUM_FULL), costs: spaces.map(costOf) };
}

/** @throws LOCK_TIMEOUT, PERMISSION_DENIED, the signal's reason */
export async function rebuild(
  server: Pick<PostgresqlServer, 'version' | 'place'>,
  pool: Kysely<unknown>,
  { table, db, signal, lockTimeoutMs, onStatement }: RebuildRequest,
): Promise<void> {
  if (table === null) throw new Error('PostgreSQL rebuilds tables, one by one');
  const pid = await backendOf(db);
  const statement = hasRepack(server.version)
    ? sql`repack (concurrently, analyze) ${sql.table(table)}`
    : sql`vacuum (full, analyze) ${sql.table(table)}`;
  // Else a server would finish the work of a process that was killed, with the table locked until then.
  await sql`set client_connection_check_interval = '1s'`.execute(db).catch(() => {});
  await sql`set lock_timeout = ${sql.lit(Math.max(1, Math.round(lockTimeoutMs)))}`.execute(db);
  try {
    await whileWatched(
      () =>
        cancellable(pool, db, signal, async () => {
          await statement.execute(db);
        }),
      () => rewriteProgress(pool, pid),
      onStatement,
    );
  } catch (error) {
    if (!isMultiFlexiError(error, 'LOCK_TIMEOUT')) throw error;
    throw lockNotGranted(server.place, table, lockTimeoutMs, await holderOf(pool, table, pid));
  } finally {
    await sql`set lock_timeout = ${sql.lit(USUAL_LOCK_TIMEOUT)}`.execute(db).catch(() => {});
  }
}

function hasRepack([major = 0]: Version): boolean {
  return major >= REPACK_FROM;
}

const REPACK = {
  method: 'REPACK (CONCURRENTLY, ANALYZE) TABLE',
  unit: 'table',
  blocks: null,
  lock: 'an ACCESS EXCLUSIVE lock for a moment at the end; others read and write until then',
  cluster: null,
  notes: [],
} as const;

const VACUUM_FULL = {
  method: 'VACUUM (FULL, ANALYZE) TABLE',
  unit: 'table',
  blocks: 'everybody',
  lock: 'an ACCESS EXCLUSIVE lock: nobody can read or write a table until it has been written anew',
  cluster: null,
  notes: [],
} as const;

function costOf({ name, total, free, may_vacuum }: TableSpace): RebuildCost {
  const bytes = Number(total);
  const kept = Math.max(0, bytes - (free ?? 0));
  return {
    table: name,
    bytes,
    floor: free === null ? null : Math.round(Math.max(0, free - kept * MARGIN)),
    how:
      free === null
        ? 'Not known before its first ANALYZE.'
        : "From the files and the planner's statistics, less a tenth of what stays; what indexes give back comes on top.",
    needs: [
      { disk: 'of the server, for a second copy with its indexes', bytes: Math.round(kept), free: null },
    ],
    obstacle: may_vacuum ? null : 'belongs to another account, and only that account may rebuild it',
  };
}

/** Whoever has a lock on the table, the one with the oldest transaction first. */
async function holderOf(db: Kysely<unknown>, table: string, ours: number): Promise<string | null> {
  const { rows } = await sql<{ pid: number; user: string | null; address: string | null }>`
    select l.pid, a.usename as user, host(a.client_addr) as address
    from pg_locks as l left join pg_stat_activity as a on a.pid = l.pid
    where l.granted and l.pid <> ${ours} and l.locktype = 'relation'
      and l.database = (select oid from pg_database where datname = current_database())
      and l.relation = quote_ident(${table})::regclass
    order by a.xact_start nulls last limit 1`
    .execute(db)
    .catch(() => ({ rows: [] }));
  const [row] = rows;
  return row ? `session ${row.pid} (user ${row.user ?? 'unknown'} at ${row.address ?? 'this host'})` : null;
}
