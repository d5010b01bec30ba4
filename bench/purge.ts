/**
 * How fast a purge is and what the platform feels of it, beside one statement and a plain loop on the same data in the
 * same run. `node bench/purge.ts [jobs] [engine,…] [what,…]`; 200,000 jobs over 180 days bring 400,000 artifacts and
 * 1,000,000 log rows. Jobs: older than 90 days; logs: keep 10,000 (in proportion). A writer (a job and two artifacts a
 * transaction, 50 a second) works beside each; idle is the writer alone.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Kysely, sql } from 'kysely';
import {
  type DatabaseSettings,
  type Engine,
  type EngineName,
  openEngine,
  utc,
} from '../src/engines/index.ts';
import { migrate } from '../src/migrations/index.ts';
import { loadSample } from '../src/sample/index.ts';
import { type Database, FINISHED } from '../src/schema/index.ts';
import {
  provideServers,
  SERVER_ENGINES,
  type ServerEngine,
  type TestServer,
} from '../tests/servers/index.ts';

const JOBS = Number(process.argv[2] ?? 200_000);
const ENGINES = (process.argv[3] ?? 'sqlite,mariadb,postgresql,mysql').split(',') as EngineName[];
const WHAT = (process.argv[4] ?? 'statement,loop,ours').split(',');
const KEEP_LOGS = Math.round(JOBS / 20);
const UNTIL = Date.UTC(2026, 0, 31);
const OLDER = utc(UNTIL - 90 * 86_400_000);
const IDLE_MS = 6_000;
const PURGE = fileURLToPath(new URL('./purge-process.ts', import.meta.url));
const WRITER = fileURLToPath(new URL('./platform-writer.ts', import.meta.url));

const say = (line: string) => process.stdout.write(`${line}\n`);

interface Ground {
  readonly settings: DatabaseSettings;
  /** Makes the database what it was when it was filled. */
  reset(): Promise<void>;
  drop(): Promise<void>;
}

interface Done {
  readonly rows: number;
  /** When it is not the whole time of the call. */
  readonly seconds?: number;
  readonly memory?: string;
}

type Work = (engine: Engine, settings: DatabaseSettings) => Promise<number | Done>;

async function measure(name: EngineName, ground: Ground): Promise<void> {
  for (const [table, works] of Object.entries({ jobs: JOB_WORK, logs: LOG_WORK })) {
    for (const what of WHAT) {
      const work = works[what];
      if (!work) continue;
      await ground.reset();
      const engine = await openEngine(ground.settings, 'change');
      const writer = await startWriter(ground.settings);
      await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
      const from = Date.now();
      const started = performance.now();
      const done = await work(engine, ground.settings);
      const all = (performance.now() - started) / 1000;
      const { rows, seconds = all, memory = '' } = typeof done === 'number' ? { rows: done } : done;
      const taken = await writer.end();
      await engine.close();
      const idle = taken.filter(([at]) => at < from - 100).map(([, milliseconds]) => milliseconds);
      const beside = taken
        .filter(([at, ms]) => at + ms >= from && at <= from + all * 1000)
        .map(([, ms]) => ms);
      say(
        `| ${name} | ${table}: ${what} | ${rows} | ${Math.round(rows / seconds)} | ${p99(beside).toFixed(1)} ms | ${Math.max(...beside).toFixed(0)} ms | ${p99(idle).toFixed(1)} ms | ${memory} |`,
      );
    }
  }
  await ground.drop();
}

const JOB_WORK: Record<string, Work> = {
  async statement(engine) {
    const db = engine.kysely<Database>();
    const before = await count(db, 'artifacts');
    const { numDeletedRows } = await db
      .deleteFrom('job')
      .where('DatCreate', '<', OLDER)
      .where('status', 'in', ['ok', 'failed', 'canceled'])
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows) + before - (await count(db, 'artifacts'));
  },
  async loop(engine) {
    const db = engine.kysely<Database>();
    let rows = 0;
    for (let after = 0n; ; ) {
      const jobs = await db
        .selectFrom('job')
        .select('id')
        .where('id', '>', after)
        .where('DatCreate', '<', OLDER)
        .where('status', 'in', FINISHED)
        .orderBy('id')
        .limit(1_000)
        .execute();
      const ids = jobs.map(({ id }) => id);
      if (ids.length === 0) return rows;
      for (const table of ['artifacts', 'logger'] as const)
        rows += Number(
          (await db.deleteFrom(table).where('job_id', 'in', ids).executeTakeFirstOrThrow()).numDeletedRows,
        );
      rows += Number(
        (await db.deleteFrom('job').where('id', 'in', ids).executeTakeFirstOrThrow()).numDeletedRows,
      );
      after = ids.at(-1) ?? after;
    }
  },
  ours: (_, settings) => purge(settings, 'jobs', OLDER),
};

const LOG_WORK: Record<string, Work> = {
  async statement(engine) {
    const db = engine.kysely<Database>();
    const before = await count(db, 'logger');
    // The PHP edition's; MySQL takes a LIMIT in a subquery only one level down.
    await sql`delete from logger where id not in (select id from (select id from logger order by id desc limit ${sql.lit(KEEP_LOGS)}) as newest)`.execute(
      db,
    );
    return before - (await count(db, 'logger'));
  },
  async loop(engine) {
    const db = engine.kysely<Database>();
    const border = await db
      .selectFrom('logger')
      .select('id')
      .orderBy('id', 'desc')
      .offset(KEEP_LOGS - 1)
      .limit(1)
      .executeTakeFirstOrThrow();
    let rows = 0;
    for (;;) {
      const old = await db
        .selectFrom('logger')
        .select('id')
        .where('id', '<', border.id)
        .orderBy('id')
        .limit(1_000)
        .execute();
      if (old.length === 0) return rows;
      const ids = old.map(({ id }) => id);
      rows += Number(
        (await db.deleteFrom('logger').where('id', 'in', ids).executeTakeFirstOrThrow()).numDeletedRows,
      );
    }
  },
  ours: (_, settings) => purge(settings, 'logs', String(KEEP_LOGS)),
};

/** As a process of its own, so that its memory is its own. */
async function purge(settings: DatabaseSettings, table: string, limit: string): Promise<Done> {
  const child = spawn(
    process.execPath,
    ['--max-semi-space-size=8', PURGE, JSON.stringify(settings), table, limit],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  await new Promise((resolve) => child.once('close', resolve));
  const { tables, milliseconds, peakMb, ...rest } = JSON.parse(text);
  if (process.env.BENCH_DETAIL) say(JSON.stringify(rest));
  const rows = tables.reduce((sum: number, line: { rows: number }) => sum + line.rows, 0);
  return { rows, seconds: milliseconds / 1000, memory: `${peakMb} MB` };
}

async function count(db: Kysely<Database>, table: 'artifacts' | 'logger'): Promise<number> {
  const row = await db.selectFrom(table).select(sql<bigint>`count(*)`.as('n')).executeTakeFirstOrThrow();
  return Number(row.n);
}

async function startWriter(settings: DatabaseSettings) {
  const child: ChildProcess = spawn(process.execPath, [WRITER, JSON.stringify(settings)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  const begun = Promise.withResolvers<void>();
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    if (text.startsWith('writing\n')) begun.resolve();
  });
  await begun.promise;
  return {
    async end(): Promise<[number, number][]> {
      child.stdin?.end();
      await new Promise((resolve) => child.once('close', resolve));
      return JSON.parse(text.slice('writing\n'.length));
    },
  };
}

function p99(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;
}

async function fill(settings: DatabaseSettings): Promise<void> {
  const engine = await openEngine(settings, 'create');
  await migrate(engine, { program: 'bench', waitMs: 0 });
  await loadSample(engine, { jobs: JOBS, days: 180, seed: 1, until: UNTIL, force: false });
  if (engine.name === 'sqlite') await sql`pragma wal_checkpoint(truncate)`.execute(engine.kysely());
  await engine.close();
}

async function sqliteGround(): Promise<Ground> {
  const directory = mkdtempSync(join(tmpdir(), 'multiflexi-bench-'));
  const pristine = join(directory, 'pristine.sqlite');
  const file = join(directory, 'bench.sqlite');
  await fill({ connection: 'sqlite', file: pristine });
  return {
    settings: { connection: 'sqlite', file },
    reset: async () => {
      for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
      cpSync(pristine, file);
    },
    drop: async () => rmSync(directory, { recursive: true }),
  };
}

async function serverGround(name: ServerEngine, server: TestServer): Promise<Ground> {
  const settings = (database: string): DatabaseSettings => ({
    connection: name === 'postgresql' ? 'pgsql' : 'mysql',
    host: server.host,
    port: server.port,
    socket: undefined,
    database,
    username: server.user,
    password: server.password,
    tls: { mode: 'off' },
  });
  const admin = await openEngine(settings(name === 'postgresql' ? 'postgres' : 'mysql'), 'change');
  const run = (statement: string) => sql.raw(statement).execute(admin.kysely());
  await run('create database pristine');
  await fill(settings('pristine'));
  const reset = name === 'postgresql' ? resetPostgresql : resetMysql;
  async function resetPostgresql(): Promise<void> {
    await run('drop database if exists bench');
    await run('create database bench template pristine');
    const engine = await openEngine(settings('bench'), 'change');
    await sql`vacuum analyze`.execute(engine.kysely());
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
          if (!table.startsWith('multiflexi_') && !table.startsWith('retention_'))
            await sql`insert into ${sql.table(table)} select * from ${sql.table(`pristine.${table}`)}`.execute(
              db,
            );
        await sql`analyze table job, artifacts, logger`.execute(db);
      });
    await engine.close();
  }
  return { settings: settings('bench'), reset, drop: () => admin.close() };
}

say(
  `| engine | what | rows | rows/s | writer p99 | longest stall | idle p99 | memory |\n|---|---|---|---|---|---|---|---|`,
);
if (ENGINES.includes('sqlite')) await measure('sqlite', await sqliteGround());
const wanted = SERVER_ENGINES.filter((name) => ENGINES.includes(name));
const { servers, stop } = await provideServers(wanted, { fast: false });
for (const name of wanted) {
  const provided = servers[name];
  if ('missing' in provided) say(`| ${name} | – | ${provided.missing} | | | | | |`);
  else await measure(name, await serverGround(name, provided.server));
}
await stop();
