/** Keeps writers out of tables of PostgreSQL: a transaction of its own that holds their locks, and writes nothing. */
import type { Kysely } from 'kysely';
import { sql } from 'kysely';
import { isMultiFlexiError } from '../../errors.ts';
import type { HeldTables, Lock } from '../contract/locks.ts';
import { lostConnection } from '../failure.ts';
import { tryFor } from '../waiting.ts';
import type { PostgresqlServer } from './connection.ts';
import { kyselyOn, poolOf } from './kysely.ts';

export async function holdWriters(server: PostgresqlServer, request: HeldTables): Promise<Lock> {
  const { client } = await server.connect('multiflexi keeps writers out');
  const lost = new AbortController();
  client.on('error', (error) => lost.abort(server.translate(error)));
  client.on('end', () => lost.abort(lostConnection(server.place)));
  const db = kyselyOn(server, poolOf(client));
  try {
    let refusal: unknown;
    const held = await tryFor(request, async () => {
      try {
        await sql`begin`.execute(db);
        await sql`lock table ${sql.join(request.tables.map((table) => sql.table(table)))} in exclusive mode`.execute(
          db,
        );
        return true;
      } catch (error) {
        await sql`rollback`.execute(db);
        if (!isMultiFlexiError(error, 'LOCK_TIMEOUT')) throw error;
        refusal = error;
        return undefined;
      }
    });
    if (!held) throw refusal;
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
