/** Databases for benchmarks: filled once, and made what they were again before each measurement. */
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type DatabaseSettings, type Engine, type EngineName, openEngine } from '../src/engines/index.ts';
import { migrate } from '../src/migrations/index.ts';
import { loadSample } from '../src/sample/index.ts';
import {
  provideServers,
  SERVER_ENGINES,
  type ServerEngine,
  type TestServer,
} from '../tests/servers/index.ts';

/** When the history of the sample ends. */
export const UNTIL = Date.UTC(2026, 0, 31);
export const DAYS = 180;

export interface Ground {
  readonly name: EngineName;
  readonly settings: DatabaseSettings;
  /** Where it was filled: for what changes little, and need not wait for a copy of it. */
  readonly pristine: DatabaseSettings;
  /** Undefined for SQLite. */
  readonly server: TestServer | undefined;
  /** Makes the database what it was when it was filled. */
  reset(): Promise<void>;
  drop(): Promise<void>;
}

/** One engine after the other, each with so many jobs. @param until when their history ends, in milliseconds since the epoch */
export async function eachGround(
  engines: readonly EngineName[],
  jobs: number,
  work: (ground: Ground) => Promise<void>,
  onMissing: (name: EngineName, why: string) => void,
  until = UNTIL,
): Promise<void> {
  if (engines.includes('sqlite')) await worked(await sqliteGround(jobs, until), work);
  const wanted = SERVER_ENGINES.filter((name) => engines.includes(name));
  for (const name of wanted) {
    const { servers, stop } = await provideServers([name], { fast: false });
    const provided = servers[name];
    if ('missing' in provided) onMissing(name, provided.missing);
    else await worked(await serverGround(name, provided.server, jobs, until), work);
    await stop();
  }
}

async function worked(ground: Ground, work: (ground: Ground) => Promise<void>): Promise<void> {
  await work(ground);
  await ground.drop();
}

async function fill(settings: DatabaseSettings, jobs: number, until: number): Promise<void> {
  const engine = await openEngine(settings, 'create');
  await migrate(engine, { program: 'bench', waitMs: 0 });
  await loadSample(engine, { jobs, days: DAYS, seed: 1, until, force: false });
  if (engine.name === 'sqlite') await sql`pragma wal_checkpoint(truncate)`.execute(engine.kysely());
  await engine.close();
}

async function sqliteGround(jobs: number, until: number): Promise<Ground> {
  const directory = mkdtempSync(join(tmpdir(), 'multiflexi-bench-'));
  const pristine = join(directory, 'pristine.sqlite');
  const file = join(directory, 'bench.sqlite');
  await fill({ connection: 'sqlite', file: pristine }, jobs, until);
  return {
    name: 'sqlite',
    settings: { connection: 'sqlite', file },
    pristine: { connection: 'sqlite', file: pristine },
    server: undefined,
    reset: async () => {
      for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
      cpSync(pristine, file);
    },
    drop: async () => rmSync(directory, { recursive: true }),
  };
}

export function settingsOn(
  { engine, host, port, user, password }: TestServer,
  database: string,
): DatabaseSettings {
  return {
    connection: engine === 'postgresql' ? 'pgsql' : 'mysql',
    host,
    port,
    socket: undefined,
    database,
    username: user,
    password,
    tls: { mode: 'off' },
  };
}

/** Outside of any database of a benchmark. */
export function openAdmin(server: TestServer): Promise<Engine> {
  return openEngine(settingsOn(server, server.engine === 'postgresql' ? 'postgres' : 'mysql'), 'change');
}

async function serverGround(
  name: ServerEngine,
  server: TestServer,
  jobs: number,
  until: number,
): Promise<Ground> {
  const settings = (database: string) => settingsOn(server, database);
  const admin = await openAdmin(server);
  const run = (statement: string) => sql.raw(statement).execute(admin.kysely());
  await run('create database pristine');
  await fill(settings('pristine'), jobs, until);
  const reset = name === 'postgresql' ? resetPostgresql : resetMysql;
  async function resetPostgresql(): Promise<void> {
    await run('drop database if exists bench');
    await run('create database bench template pristine');
    const engine = await openEngine(settings('bench'), 'change');
    await sql`vacuum analyze`.execute(engine.kysely());
    // What filling it left to write is not the purge's.
    await sql`checkpoint`.execute(engine.kysely());
    await engine.close();
  }
  async function resetMysql(): Promise<void> {
    await run('drop database if exists bench');
    await run('create database bench');
    const engine = await openEngine(settings('bench'), 'change');
    await migrate(engine, { program: 'bench', waitMs: 0 });
    await engine
      .kysely<unknown>()
      .connection()
      .execute(async (db) => {
        await sql`set session foreign_key_checks = 0, unique_checks = 0`.execute(db);
        for (const table of await engine.tableNames())
          if (
            !table.startsWith('multiflexi_') &&
            !table.startsWith('retention_') &&
            !table.startsWith('housekeeping_') &&
            table !== 'size_sample' &&
            table !== 'installation'
          )
            await sql`insert into ${sql.table(table)} select * from ${sql.table(`pristine.${table}`)}`.execute(
              db,
            );
        await sql`analyze table job, artifacts, logger`.execute(db);
      });
    await engine.close();
  }
  return {
    name,
    settings: settings('bench'),
    pristine: settings('pristine'),
    server,
    reset,
    drop: () => admin.close(),
  };
}
