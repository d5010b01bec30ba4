/** Databases of a test's own: an SQLite file in a folder of its own, or a new database on a server. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Access,
  type DatabaseSettings,
  ENGINES,
  type Engine,
  type EngineName,
  openEngine,
  type ServerSettings,
} from '../../src/engines/index.ts';
import { runOn, type TestServer } from '../servers/index.ts';

export interface TestDatabase {
  readonly engineName: EngineName;
  readonly settings: DatabaseSettings;
  /** The same as `DB_*` settings, for a process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Another connection of its own; the caller closes it. */
  open(access?: Access): Promise<Engine>;
  drop(): Promise<void>;
}

/** A file that is not there yet. */
export function freshFile(): TestDatabase {
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

export function freshName(): string {
  return `mf_${randomBytes(6).toString('hex')}`;
}

/** Empty, or on PostgreSQL a copy of another database to which nobody is connected. */
export async function freshOn(
  server: TestServer,
  database = freshName(),
  template?: string,
): Promise<TestDatabase> {
  const { engine: engineName, host, port, user: username, password } = server;
  const isPostgresql = engineName === 'postgresql';
  const connection = connectionOf(engineName);
  const quoted = isPostgresql ? `"${database}"` : `\`${database}\``;
  await runOn(server, `create database ${quoted}${template === undefined ? '' : ` template "${template}"`}`);
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
    engineName,
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
      await runOn(server, `drop database ${quoted}${isPostgresql ? ' with (force)' : ''}`);
    },
  };
}

function connectionOf(name: TestServer['engine']): ServerSettings['connection'] {
  const connection = ENGINES.find((engine) => engine.name === name)?.connection;
  if (connection === undefined || connection === 'sqlite') throw new Error(`${name} is on no server`);
  return connection;
}
