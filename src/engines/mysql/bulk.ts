/**
 * Bulk loading into MySQL and MariaDB: INSERT of many rows at a time. LOAD DATA LOCAL would be up to half as
 * fast again, but it turns errors into warnings even in strict mode and most servers have it switched off.
 */
import { sql } from 'kysely';
import { batches } from '../batches.ts';
import type { BulkLoad } from '../contract/rows.ts';
import { segments } from '../segments.ts';
import type { MysqlServer } from './connection.ts';

const ROWS_PER_STATEMENT = 1_000;
/** Well below the smallest `max_allowed_packet` in use (MariaDB's 16 MiB), escaping included; a single larger row goes alone. */
const BYTES_PER_STATEMENT = 1024 * 1024;
const STATEMENTS_PER_TRANSACTION = 10;

export async function bulkLoad(server: MysqlServer, load: BulkLoad): Promise<number> {
  const session = await server.connect();
  const connection = session.connection.promise();
  const db = server.kyselyOn(session.connection);
  const insert = insertStatement(server, load);
  const most = load.whole ? Number.POSITIVE_INFINITY : STATEMENTS_PER_TRANSACTION;
  let written = 0;
  try {
    const all = batches(load.rows, ROWS_PER_STATEMENT, BYTES_PER_STATEMENT);
    for await (const transaction of segments(all, most)) {
      await connection.query('begin');
      await load.inTransaction?.(db);
      for await (const rows of transaction) {
        // The driver writes a list of lists as rows: a place for each value would have to be compiled and searched for.
        await connection.query(insert, [rows]);
        written += rows.length;
      }
      await connection.query('commit');
      load.onProgress?.(written);
    }
    await connection.end();
    return written;
  } catch (error) {
    connection.destroy();
    throw server.translate(error);
  }
}

function insertStatement(server: MysqlServer, load: BulkLoad): string {
  const columns = sql.join(load.columns.map((name) => sql.ref(name)));
  return `${sql`insert into ${sql.table(load.table)} (${columns}) values `.compile(server.db).sql}?`;
}
