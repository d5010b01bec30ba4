/**
 * Our schema as the migrations make it, made once a run on each engine and copied for each test: migrating anew takes a
 * server a second or two. `tests/parity/template.test.ts` holds a copy against a database that was migrated.
 */
import { copyFileSync } from 'node:fs';
import mysql from 'mysql2/promise';
import { migrate } from '../../src/migrations/index.ts';
import { nameInstallation } from '../../src/schema/index.ts';
import { runIn, type TestServer } from '../servers/index.ts';
import { freshFile, freshOn, type TestDatabase } from './databases.ts';

/** Plain data, so that Vitest's `provide()` can pass it to workers. */
export interface Template {
  /** SQLite: its file. Servers: its database. */
  readonly place: string;
  /** MySQL and MariaDB, which copy no database: what makes its tables and rows in another one. */
  readonly script: string;
}

/** @param server undefined for SQLite */
export async function makeTemplate(
  server: TestServer | undefined,
): Promise<{ readonly template: Template; remove(): Promise<void> }> {
  const database = server ? await freshOn(server) : freshFile();
  const { settings } = database;
  const engine = await database.open('create');
  await migrate(engine, { program: 'test', waitMs: 0 });
  // Each copy is an installation of its own.
  await engine.kysely<{ installation: object }>().deleteFrom('installation').execute();
  const tables = await engine.tableNames();
  await engine.close();
  const template =
    settings.connection === 'sqlite'
      ? { place: settings.file, script: '' }
      : { place: settings.database, script: server ? await scriptOf(server, settings.database, tables) : '' };
  return { template, remove: () => database.drop() };
}

/** @returns a database of its own with our schema in it, and an id that no other has once {@link nameInstallation} is called */
export async function copyTemplate(
  { place, script }: Template,
  server: TestServer | undefined,
): Promise<TestDatabase> {
  if (!server) {
    const database = freshFile();
    if (database.settings.connection === 'sqlite') copyFileSync(place, database.settings.file);
    return database;
  }
  if (server.engine === 'postgresql') return freshOn(server, undefined, place);
  const database = await freshOn(server);
  const { host, port, user, password } = server;
  const connection = await mysql.createConnection({
    host,
    port,
    user,
    password,
    database: database.environment.DB_DATABASE ?? '',
    multipleStatements: true,
  });
  await connection.query(script).finally(() => connection.end());
  return database;
}

async function scriptOf(server: TestServer, database: string, tables: readonly string[]): Promise<string> {
  if (server.engine === 'postgresql') return '';
  const statements = ['set foreign_key_checks = 0'];
  for (const table of tables) {
    const [made] = await runIn(server, database, `show create table \`${table}\``);
    statements.push(String(made?.['Create Table']));
    const [any] = await runIn(server, database, `select 1 from \`${table}\` limit 1`);
    if (any) statements.push(`insert into \`${table}\` select * from \`${database}\`.\`${table}\``);
  }
  return statements.join(';\n');
}
