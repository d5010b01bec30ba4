/**
 * Locks on PostgreSQL: a session's advisory lock on a connection of its own, which the server frees when that
 * connection ends; advisory locks are of one database. Who holds it stands in the connection's application
 * name, which every role may read. A pooler that shares sessions between clients breaks such locks: it is recognised
 * when the database is opened, and once more with the answer that the lock is ours.
 */
import type { Kysely } from 'kysely';
import type pg from 'pg';
import type { Lock, LockHolder, LockRequest } from '../contract/locks.ts';
import { lostConnection } from '../failure.ts';
import { locked, thisProcess } from '../lock-holder.ts';
import { requireSame } from '../shared-session.ts';
import { tryFor } from '../waiting.ts';
import type { PostgresqlServer } from './connection.ts';
import { kyselyOn, poolOf } from './kysely.ts';
import { IDENTITY, whoAnswers } from './session.ts';

/** PostgreSQL cuts an application name off here. */
const NAME_BYTES = 63;

export async function lock(server: PostgresqlServer, request: LockRequest): Promise<Lock> {
  const { client, facts } = await server.connect(nameOf(thisProcess(request)));
  const lost = new AbortController();
  client.on('error', (error) => lost.abort(server.translate(error)));
  client.on('end', () => lost.abort(lostConnection(server.place)));
  try {
    const taken = await tryFor(request, async () => {
      const { rows } = await client.query<{ taken: boolean; id: number; mark: string | null }>(
        `select pg_try_advisory_lock(hashtext('multiflexi ' || current_schema()), hashtext($1)) as taken, ${IDENTITY}`,
        [request.name],
      );
      requireSame(server.place, facts, rows[0]?.id, rows[0]?.mark);
      return rows[0]?.taken || undefined;
    });
    if (!taken) throw locked(request, await findHolder(client, request.name));
    if (facts.relayed) {
      const { id, mark } = await whoAnswers(client);
      requireSame(server.place, facts, id, mark);
    }
  } catch (error) {
    await client.end().catch(() => {});
    throw server.translate(error);
  }
  const db = kyselyOn(server, poolOf(client));
  return {
    signal: lost.signal,
    kysely: <Tables>() => db as unknown as Kysely<Tables>,
    release: async () => {
      client.removeAllListeners('end');
      // A pooler may keep the session, and the lock with it.
      if (facts.relayed) await client.query('select pg_advisory_unlock_all()').catch(() => {});
      await client.end().catch(() => {}); // Ending the session frees the lock, and a session that is gone has.
    },
  };
}

/** `db:migrate 4711@host 2026-01-31T12:00:00Z`; a long host name is cut. */
function nameOf(holder: LockHolder): string {
  const since = `${(holder.since ?? '').slice(0, 19)}Z`;
  const start = `${holder.program} ${holder.pid}@`;
  return `${start}${holder.host.slice(0, Math.max(0, NAME_BYTES - start.length - since.length - 1))} ${since}`;
}

async function findHolder(client: pg.Client, name: string): Promise<LockHolder | undefined> {
  const { rows } = await client.query<{ pid: number; application: string; address: string | null }>(
    `select a.pid, a.application_name as application, host(a.client_addr) as address
     from pg_locks as l join pg_stat_activity as a on a.pid = l.pid
     where l.locktype = 'advisory' and l.granted
       and l.database = (select oid from pg_database where datname = current_database())
       and l.classid::bigint = hashtext('multiflexi ' || current_schema())::bigint & 4294967295
       and l.objid::bigint = hashtext($1)::bigint & 4294967295`,
    [name],
  );
  const row = rows[0];
  if (!row) return undefined;
  const [, program, pid, host, since] = /^(\S+) (\d+)@(\S*) (\S+)$/.exec(row.application) ?? [];
  const address = row.address ?? 'this host';
  const endedBy = `SELECT pg_terminate_backend(${row.pid})`;
  if (program === undefined)
    return {
      program: row.application || `session ${row.pid}`,
      host: address,
      pid: null,
      since: null,
      endedBy,
    };
  return { program, host: host || address, pid: Number(pid), since: since ?? null, endedBy };
}
