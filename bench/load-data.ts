/** LOAD DATA LOCAL into MySQL and MariaDB: the fastest way of these servers, from files that are there already. */
import { createReadStream, createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import mysql from 'mysql2/promise';
import { type DatabaseSettings, openEngine } from '../src/engines/index.ts';
import { movedTables, ofOneMoment, type RowStreamTable, readRows, type Side } from '../src/transfer/index.ts';
import type { TestServer } from '../tests/servers/index.ts';

interface RowFile {
  readonly table: RowStreamTable;
  readonly file: string;
}

/** The rows of a database as LOAD DATA reads them, a file for each table. @returns parents first */
export async function writeRowFiles(settings: DatabaseSettings, directory: string): Promise<RowFile[]> {
  const engine = await openEngine(settings, 'inspect');
  const { tables } = await movedTables(engine);
  const files: RowFile[] = [];
  await ofOneMoment(engine, async (side) => {
    for (const { table } of tables) {
      const file = join(directory, `${table.name}.tsv`);
      await pipeline(Readable.from(pagesOf(side, table)), createWriteStream(file));
      files.push({ table, file });
    }
  });
  await engine.close();
  return files;
}

async function* pagesOf({ engine, db }: Side, table: RowStreamTable): AsyncGenerator<string> {
  for await (const rows of readRows(engine, db, table))
    yield rows.map((row) => `${row.map(fieldOf).join('\t')}\n`).join('');
}

/** Source: https://dev.mysql.com/doc/refman/8.4/en/load-data.html#load-data-field-line-handling */
function fieldOf(value: unknown): string {
  if (value === null || value === undefined) return '\\N';
  if (Buffer.isBuffer(value)) return value.toString('hex');
  if (typeof value === 'boolean') return value ? '1' : '0';
  return String(value)
    .replace(/[\\\t\n]/g, (character) => `\\${character}`)
    .replaceAll('\0', '\\0');
}

/** Into tables that are there, with their indexes, and with keys and references checked. */
export async function loadRowFiles(
  { host, port, user, password }: TestServer,
  database: string,
  files: readonly RowFile[],
): Promise<void> {
  const connection = await mysql.createConnection({
    ...{ host, port, user, password, database, charset: 'utf8mb4' },
    flags: ['+LOCAL_FILES'],
  });
  for (const { table, file } of files) {
    const isBytes = ({ type }: { readonly type: string }) => type === 'binary';
    const fields = table.columns.map((column, place) =>
      isBytes(column) ? `@bytes${place}` : `\`${column.name}\``,
    );
    const bytes = table.columns.flatMap((column, place) =>
      isBytes(column) ? [`\`${column.name}\` = unhex(@bytes${place})`] : [],
    );
    const set = bytes.length === 0 ? '' : `set ${bytes.join(', ')}`;
    await connection.query({
      sql: `load data local infile 'rows' into table \`${table.name}\` character set utf8mb4 (${fields.join(', ')}) ${set}`,
      infileStreamFactory: () => createReadStream(file, { highWaterMark: 1024 * 1024 }),
    });
  }
  await connection.end();
}
