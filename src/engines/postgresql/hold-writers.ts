/** Keeps writers out of tables of PostgreSQL: a transaction of its own that holds their locks, and writes nothing. */
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import type { HeldTables, Lock } from '../contract/locks.ts';
import { lostConnection } from '../failure.ts';
import { untilUnlocked } from '../waiting.ts';
import type { PostgresqlServer } from './connection.ts';
import { kyselyOn, poolOf } from './kysely.ts';

export async function holdWriters(server: PostgresqlServer, request: HeldTables): Promise<Lock> {
  const { client } = await server.connect('multiflexi keeps writers out');
  const lost = new AbortController();
  client.on('error', (error) => lost.abort(server.translate(error)));
  client.on('end', () => lost.abort(lostConnection(server.place)));
  const db = kyselyOn(server, poolOf(client));
  try {
    const tables = sql.join(request.tables.map((table) => sql.table(table)));
    await untilUnlocked(request, async () => {
      await sql`begin`.execute(db);
      await sql`lock table ${tables} in exclusive mode`.execute(db).catch(async (error: unknown) => {
        await sql`rollback`.execute(db);
        throw error;
      });
    });
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
  return {
    signal: lost.signal,
    kysely: <Tables>() => db as unknown as Kysely<Tables>,
    release: async () => {
      client.removeAllListeners('end');
      // A pooler may keep the session, and its locks with it.
      await client.query('rollback').catch(() => {});
      await client.end().catch(() => {});
    },
  };
}
