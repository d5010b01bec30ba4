/** What pgloader needs, so that it can take a database of ours along at all. */
import { sql } from 'kysely';
import { type DatabaseSettings, openEngine } from '../src/engines/index.ts';
import type { TestServer } from '../tests/servers/index.ts';
import { openAdmin } from './grounds.ts';

/** Its default, 100,000 rows, runs out of heap. */
const PREFETCH = 'with prefetch rows = 1000';

/**
 * Types and defaults that it does not know are named for it, and the schema that it would make.
 * @returns a file of commands, which has the passwords
 */
export function pgloaderCommands(settings: DatabaseSettings, server: TestServer, database: string): string {
  const into = `into pgsql://${server.user}:${server.password}@${server.host}:${server.port}/${database}`;
  if (settings.connection === 'sqlite')
    return `load database from sqlite://${settings.file} ${into} ${PREFETCH}
      cast type json_text to text drop default, type datetime_text to timestamp drop default;\n`;
  const { username, password, host, port } = settings;
  return `load database from mysql://${username}:${password}@${host}:${port}/${COPY} ${into} ${PREFETCH}
    cast type datetime to timestamptz drop default using zero-dates-to-null
    alter schema '${COPY}' rename to 'public';\n`;
}

const COPY = 'for_pgloader';

/** It does not know our collation and stops at a column of it: a copy of the database has another one, and no foreign keys. */
export async function copyForPgloader(settings: DatabaseSettings, server: TestServer): Promise<void> {
  if (settings.connection === 'sqlite') return;
  const engine = await openEngine(settings, 'inspect');
  const tables = await engine.tableNames();
  await engine.close();
  const admin = await openAdmin(server);
  const db = admin.kysely<unknown>();
  await sql`drop database if exists ${sql.id(COPY)}`.execute(db);
  await sql`create database ${sql.id(COPY)}`.execute(db);
  for (const table of tables) {
    const [copy, original] = [sql.id(COPY, table), sql.id(settings.database, table)];
    await sql`create table ${copy} like ${original}`.execute(db);
    await sql`alter table ${copy} convert to character set utf8mb4 collate utf8mb4_bin`.execute(db);
    await sql`insert into ${copy} select * from ${original}`.execute(db);
  }
  await admin.close();
}
