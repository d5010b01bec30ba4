/** Bulk loading into PostgreSQL: COPY in its text format, a transaction each. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sql } from 'kysely';
import { from as copyFrom } from 'pg-copy-streams';
import { batches } from '../batches.ts';
import type { BulkLoad, BulkValue } from '../contract/rows.ts';
import { segments } from '../segments.ts';
import type { PostgresqlServer } from './connection.ts';
import { catchUpIdentity } from './identity.ts';
import { kyselyOn, poolOf } from './kysely.ts';

/** Rows handed to the socket at a time: while they are few, they are garbage before they are old, which costs nothing. */
const ROWS_PER_BATCH = 500;
/** Bytes become twice as many characters of hex, and a batch is one string. */
const BYTES_PER_BATCH = 64 * 1024;
/** Some tens of megabytes, which take seconds: a fence that is held for longer would be lost. */
const BATCHES_PER_TRANSACTION = 1024;

export async function bulkLoad(server: PostgresqlServer, load: BulkLoad): Promise<number> {
  const { client } = await server.connect('multiflexi bulk load');
  const db = kyselyOn(server, poolOf(client));
  const columns = sql.join(load.columns.map((name) => sql.ref(name)));
  const statement = sql`copy ${sql.table(load.table)} (${columns}) from stdin`.compile(db).sql;
  const most = load.whole ? Number.POSITIVE_INFINITY : BATCHES_PER_TRANSACTION;
  let written = 0;
  try {
    const all = batches(load.rows, ROWS_PER_BATCH, BYTES_PER_BATCH);
    for await (const transaction of segments(all, most)) {
      async function* text() {
        for await (const rows of transaction) {
          yield rows.map(copyLine).join('');
          written += rows.length;
        }
      }
      await client.query('begin');
      await load.inTransaction?.(db);
      await pipeline(
        Readable.from(text(), { objectMode: true, highWaterMark: 1 }),
        client.query(copyFrom(statement)),
      );
      await catchUpIdentity(db, load.table);
      await client.query('commit');
      load.onProgress?.(written);
    }
    await client.end();
    return written;
  } catch (error) {
    await client.end().catch(() => {});
    throw server.translate(error);
  }
}

/** The text format; source: PostgreSQL's documentation of COPY, "Text Format". */
function copyLine(row: readonly BulkValue[]): string {
  return `${row.map(copyValue).join('\t')}\n`;
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

function copyValue(value: BulkValue): string {
  if (value === null) return '\\N';
  if (typeof value === 'string')
    return value.replace(/[\\\t\n\r]/g, (character) => ESCAPES[character] ?? character);
  if (Buffer.isBuffer(value)) return `\\\\x${value.toString('hex')}`;
  return String(value);
}
