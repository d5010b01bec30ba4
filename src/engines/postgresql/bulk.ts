/** Bulk loading into PostgreSQL: COPY in its text format, a transaction each. */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Kysely, sql } from 'kysely';
import { from as copyFrom } from 'pg-copy-streams';
import { batches } from '../batches.ts';
import type { BulkLoad, BulkValue } from '../contract/rows.ts';
import type { PostgresqlServer } from './connection.ts';
import { catchUpIdentity } from './identity.ts';
import { kyselyOn, poolOf } from './kysely.ts';

/** Rows handed to the socket at a time; COPY itself is one statement, so a load is all or nothing here. */
const ROWS_PER_BATCH = 5_000;
/** Bytes become twice as many characters of hex, and a batch is one string. */
const BYTES_PER_BATCH = 256 * 1024;

export async function bulkLoad(
  server: PostgresqlServer,
  db: Kysely<unknown>,
  load: BulkLoad,
): Promise<number> {
  const { client } = await server.connect('multiflexi bulk load');
  let written = 0;
  async function* text() {
    for await (const rows of batches(load.rows, ROWS_PER_BATCH, BYTES_PER_BATCH)) {
      yield rows.map(copyLine).join('');
      written += rows.length;
      load.onProgress?.(written);
    }
  }
  try {
    await client.query('begin');
    const columns = sql.join(load.columns.map((name) => sql.ref(name)));
    const statement = sql`copy ${sql.table(load.table)} (${columns}) from stdin`.compile(db).sql;
    await pipeline(
      Readable.from(text(), { objectMode: true, highWaterMark: 1 }),
      client.query(copyFrom(statement)),
    );
    await catchUpIdentity(kyselyOn(server, poolOf(client)), load.table);
    await client.query('commit');
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
