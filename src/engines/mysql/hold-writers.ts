/**
 * Keeps writers out of tables of MySQL and MariaDB: LOCK TABLES … READ. Without autocommit InnoDB takes its own locks of the
 * tables beside those of the server: MariaDB's alone would let a transaction commit that had written before.
 */
import { type Kysely, sql } from 'kysely';
import type { HeldTables, Lock } from '../contract/locks.ts';
import { lostConnection } from '../failure.ts';
import { untilUnlocked } from '../waiting.ts';
import type { MysqlServer } from './connection.ts';

export async function holdWriters(server: MysqlServer, request: HeldTables): Promise<Lock> {
  const { connection: session } = await server.connect();
  const connection = session.promise();
  const lost = new AbortController();
  connection.on('error', (error) => lost.abort(server.translate(error)));
  connection.on('end', () => lost.abort(lostConnection(server.place)));
  const db = server.kyselyOn(session);
  try {
    await sql`set autocommit = 0`.execute(db);
    const tables = sql.join(request.tables.map((table) => sql`${sql.table(table)} read`));
    await untilUnlocked(request, () => sql`lock tables ${tables}`.execute(db));
  } catch (error) {
    connection.destroy();
    throw error;
  }
  return {
    signal: lost.signal,
    kysely: <Tables>() => db as unknown as Kysely<Tables>,
    release: async () => {
      connection.removeAllListeners('end');
      try {
        await connection.query('commit');
        await connection.query('unlock tables');
        await connection.end();
      } catch {
        // The session is gone, and its locks with it.
        connection.destroy();
      }
    },
  };
}
