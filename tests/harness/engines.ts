/** The engines under test, and fresh databases on them. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, inject } from 'vitest';
import type { DatabaseSettings } from '../../src/engines/index.ts';
import { type Access, type Engine, type EngineName, openEngine } from '../../src/engines/index.ts';
import { migrate } from '../../src/migrations/index.ts';
import { runOn, type TestServer } from '../servers/index.ts';

export const ENGINE_NAMES: readonly EngineName[] = ['sqlite', 'mysql', 'mariadb', 'postgresql'];

export interface TestDatabase {
  readonly engineName: EngineName;
  readonly settings: DatabaseSettings;
  /** The same as `DB_*` settings, for a process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Another connection of its own; the caller closes it. */
  open(access?: Access): Promise<Engine>;
  drop(): Promise<void>;
}

/** The suite once for every engine; one whose server is missing is skipped, which the run's beginning says. */
export function describeEngines(title: string, suite: (engineName: EngineName) => void): void {
  for (const name of ENGINE_NAMES)
    describe.skipIf(!isAvailable(name))(`${title} on ${name}`, () => suite(name));
}

export function isAvailable(name: EngineName): boolean {
  if (name === 'sqlite') return (process.env.MULTIFLEXI_TEST_ENGINES ?? 'sqlite').includes('sqlite');
  return 'server' in inject('servers')[name];
}

export function serverOf(name: Exclude<EngineName, 'sqlite'>): TestServer {
  const provided = inject('servers')[name];
  if ('missing' in provided) throw new Error(`no ${name} server: ${provided.missing}`);
  return provided.server;
}

/** An empty database of its own; on SQLite a file that is not there yet. */
export async function freshDatabase(
  name: EngineName,
  databaseName = `mf_${randomBytes(6).toString('hex')}`,
): Promise<TestDatabase> {
  return name === 'sqlite' ? freshFile() : freshOn(serverOf(name), databaseName);
}

/** A fresh database with our schema in it, and an engine on it. */
export async function migratedDatabase(
  where: EngineName | TestServer,
): Promise<TestDatabase & { readonly engine: Engine }> {
  const database = await (typeof where === 'string' ? freshDatabase(where) : freshOn(where));
  const engine = await database.open('create');
  await migrate(engine, { program: 'test', waitMs: 0 });
  return {
    ...database,
    engine,
    drop: async () => {
      await engine.close();
      await database.drop();
    },
  };
}

function freshFile(): TestDatabase {
  const directory = mkdtempSync(join(tmpdir(), 'multiflexi-test-'));
  const file = join(directory, 'multiflexi.sqlite');
  const settings = { connection: 'sqlite', file } as const;
  return {
    engineName: 'sqlite',
    settings,
    environment: { DB_CONNECTION: 'sqlite', DB_DATABASE: file },
    open: (access = 'change') => openEngine(settings, access),
    drop: async () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function freshOn(
  server: TestServer,
  database = `mf_${randomBytes(6).toString('hex')}`,
): Promise<TestDatabase> {
  const name = server.engine;
  const connection = name === 'postgresql' ? 'pgsql' : 'mysql';
  const { host, port, user: username, password } = server;
  const quoted = name === 'postgresql' ? `"${database}"` : `\`${database}\``;
  await runOn(server, `create database ${quoted}`);
  const settings = {
    connection,
    host,
    port,
    socket: undefined,
    database,
    username,
    password,
    tls: { mode: 'off' },
  } as const;
  return {
    engineName: name,
    settings,
    environment: {
      DB_CONNECTION: connection,
      DB_HOST: host,
      DB_PORT: String(port),
      DB_DATABASE: database,
      DB_USERNAME: username,
      DB_PASSWORD: password,
    },
    open: (access = 'change') => openEngine(settings, access),
    drop: async () => {
      await runOn(server, `drop database ${quoted}${name === 'postgresql' ? ' with (force)' : ''}`);
    },
  };
}

/** Runs a statement as the server's superuser, outside of any database under test. */
export async function administer(name: Exclude<EngineName, 'sqlite'>, statement: string): Promise<void> {
  await runOn(serverOf(name), statement);
}
