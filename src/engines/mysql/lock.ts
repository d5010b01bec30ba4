/**
 * Locks on MySQL and MariaDB: `GET_LOCK` on a connection of its own, which the server frees when that
 * connection ends. The name is server-wide, so it carries the database's. Who holds a lock stands in a table,
 * keyed by the holder's connection: a word for whoever waits, never the lock itself.
 * (On a Galera cluster GET_LOCK is local to a node.)
 */
import { createHash } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { isMultiFlexiError } from '../../errors.ts';
import type { Lock, LockHolder, LockRequest } from '../contract/locks.ts';
import { lostConnection } from '../failure.ts';
import { locked, parseHolder, thisProcess } from '../lock-holder.ts';
import { requireSame } from '../shared-session.ts';
import { tryFor } from '../waiting.ts';
import type { MysqlServer } from './connection.ts';
import { IDENTITY, whoAnswers } from './session.ts';

export const HOLDERS = 'multiflexi_lock';

export async function lock(server: MysqlServer, request: LockRequest): Promise<Lock> {
  const name = lockName(server.settings.database, request.name);
  const { connection: session, facts } = await server.connect();
  const connection = session.promise();
  const lost = new AbortController();
  connection.on('error', (error) => lost.abort(server.translate(error)));
  connection.on('end', () => lost.abort(lostConnection(server.place)));
  try {
    const taken = await tryFor(request, async () => {
      // The result is what counts: 1 taken, 0 timed out, NULL an error of the server. Asked again and again instead
      // of once with the whole wait, which a server's limit on the time of statements would cut short.
      const [rows] = await connection.query(`select get_lock(?, 0) as taken, ${IDENTITY}`, [name]);
      const answer = (Array.isArray(rows) ? rows[0] : undefined) as
        | { taken: bigint | number | null; id: bigint; mark: string | null }
        | undefined;
      requireSame(server.place, facts, answer?.id, answer?.mark);
      return Number(answer?.taken ?? 0) === 1 ? answer : undefined;
    });
    if (!taken) throw locked(request, await findHolder(server.db, name));
    if (facts.relayed) {
      const { id, mark } = await whoAnswers(session);
      requireSame(server.place, facts, id, mark);
    }
    await noteHolder(server.db, name, taken.id, thisProcess(request));
  } catch (error) {
    connection.destroy();
    throw server.translate(error);
  }
  const db = server.kyselyOn(session);
  return {
    signal: lost.signal,
    kysely: <Tables>() => db as unknown as Kysely<Tables>,
    release: async () => {
      connection.removeAllListeners('end');
      try {
        await connection.query('select release_lock(?)', [name]);
        await connection.end();
      } catch {
        // The connection is gone, and the lock with it.
        connection.destroy();
      }
    },
  };
}

/** At most 64 characters, and the same for every way of writing the database's name. */
function lockName(database: string, name: string): string {
  const digest = createHash('sha256').update(database.toLowerCase()).digest('hex').slice(0, 24);
  return `multiflexi.${name}.${digest}`.slice(0, 64);
}

interface HolderRow {
  holder: string;
}

async function findHolder(db: Kysely<unknown>, name: string): Promise<LockHolder | undefined> {
  const { rows } = await sql<{ id: bigint | null }>`select is_used_lock(${name}) as id`.execute(db);
  const id = rows[0]?.id;
  if (id === null || id === undefined) return undefined;
  const holder = (await notedHolder(db, name, id)) ?? (await listedHolder(db, id));
  return holder && { ...holder, endedBy: `KILL ${id}` };
}

async function notedHolder(db: Kysely<unknown>, name: string, id: bigint): Promise<LockHolder | undefined> {
  try {
    const { rows } = await sql<HolderRow>`
      select holder from ${sql.table(HOLDERS)} where name = ${name} and connection_id = ${id}`.execute(db);
    return rows[0] && parseHolder(rows[0].holder);
  } catch {
    return undefined; // Nobody has made the table yet.
  }
}

/** What the process list tells: without the PROCESS right, only of sessions of the same account. */
async function listedHolder(db: Kysely<unknown>, id: bigint): Promise<LockHolder | undefined> {
  try {
    return await processHolder(db, id);
  } catch {
    return undefined; // MySQL's list fails on emoji in a statement of any session.
  }
}

async function processHolder(db: Kysely<unknown>, id: bigint): Promise<LockHolder | undefined> {
  const { rows } = await sql<{ user: string; host: string; seconds: number | bigint }>`
    select user as user, host as host, time as seconds from information_schema.processlist where id = ${id}`.execute(
    db,
  );
  const row = rows[0];
  if (!row) return undefined;
  const since = new Date(Date.now() - Number(row.seconds) * 1000).toISOString();
  return { program: `user ${row.user}, connection ${id}`, host: row.host, pid: null, since };
}

async function noteHolder(db: Kysely<unknown>, name: string, id: bigint, holder: LockHolder): Promise<void> {
  const note = () =>
    sql`
    replace into ${sql.table(HOLDERS)} (name, connection_id, holder) values (${name}, ${id}, ${JSON.stringify(holder)})`.execute(
      db,
    );
  try {
    await note();
  } catch {
    try {
      // The server's own collation could be one that another server does not have, and no dump of this table load there.
      await sql`
        create table if not exists ${sql.table(HOLDERS)}
          (name varchar(64) not null primary key, connection_id bigint not null, holder varchar(1000) not null)
        engine = InnoDB row_format = dynamic default character set utf8mb4 collate utf8mb4_bin comment 'Who holds a lock, for messages alone'`.execute(
        db,
      );
      await note();
    } catch (error) {
      // An account that may not create tables still gets its lock; whoever waits reads the process list instead.
      if (!isMultiFlexiError(error, 'PERMISSION_DENIED') && !isMultiFlexiError(error, 'READ_ONLY'))
        throw error;
    }
  }
}
