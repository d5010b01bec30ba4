/**
 * How fast data moves, beside each engine's own dump and restore, and pgloader where it is installed, on the same data in the same run:
 * `node bench/transfer.ts [jobs] [engine,…] [digest,dump,switch,…] [times]`. 200,000 jobs bring 400,000 artifacts and 1,000,000 log rows.
 * `digest` is db:digest of all tables. `dump` is export and import on one engine, beside pg_dump -Fc and pg_restore -j2,
 * mariadb-dump | mariadb, and sqlite3 .dump | sqlite3. `switch` is db:switch from each of the engines to each other one, digests of both
 * sides included; beside those to PostgreSQL, pgloader. Ours is the built program (`npm run build`); times are of whole processes, medians.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type DatabaseSettings, type EngineName, openEngine } from '../src/engines/index.ts';
import { provideServers, type TestServer } from '../tests/servers/index.ts';
import { eachGround, type Ground, openAdmin, settingsOn } from './grounds.ts';
import { environmentOf, runProgram } from './program.ts';

const JOBS = Number(process.argv[2] ?? 200_000);
const ENGINES = (process.argv[3] ?? 'sqlite,mariadb,postgresql,mysql').split(',') as EngineName[];
const WHAT = (process.argv[4] ?? 'digest,dump,switch').split(',');
const TIMES = Number(process.argv[5] ?? 3);

const say = (line: string) => process.stdout.write(`${line}\n`);
const directory = mkdtempSync(join(tmpdir(), 'multiflexi-bench-'));

interface Taken {
  readonly seconds: number;
  readonly peakMb: number | null;
}

async function timed(run: () => Promise<number | null>): Promise<Taken> {
  const began = performance.now();
  const peakMb = await run();
  return { seconds: (performance.now() - began) / 1000, peakMb };
}

/** @param prepare what is not measured, before each time */
async function report(
  name: string,
  rows: number,
  run: () => Promise<number | null>,
  prepare: () => Promise<void> = async () => {},
): Promise<void> {
  const taken: Taken[] = [];
  for (let time = 0; time < TIMES; time++) {
    await prepare();
    taken.push(await timed(run));
  }
  taken.sort((a, b) => a.seconds - b.seconds);
  const median = taken[taken.length >> 1];
  const peak = Math.max(...taken.map(({ peakMb }) => peakMb ?? 0));
  const { seconds = 0 } = median ?? {};
  say(
    `| ${name} | ${seconds.toFixed(1)} s | ${Math.round(rows / seconds).toLocaleString('en')} | ${peak === 0 ? '' : `${peak} MiB`} |`,
  );
}

async function ours(settings: DatabaseSettings, ...words: string[]): Promise<number> {
  return (await runProgram(settings, words)).peakMb;
}

/** Its own tools, through a shell, as administrators do it. */
async function shell(command: string, env: Readonly<Record<string, string>> = {}): Promise<null> {
  const { status, stderr } = spawnSync('bash', ['-o', 'pipefail', '-c', command], {
    env: { PATH: process.env.PATH, ...env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command}: ${stderr}`);
  return null;
}

const isInstalled = (tool: string) => spawnSync('which', [tool]).status === 0;

/** A database beside the ground's, empty each time. */
async function emptied(server: TestServer | undefined): Promise<DatabaseSettings> {
  if (!server) {
    const file = join(directory, 'other.sqlite');
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
    return { connection: 'sqlite', file };
  }
  const admin = await openAdmin(server);
  await sql`drop database if exists other`.execute(admin.kysely());
  await sql`create database other`.execute(admin.kysely());
  await admin.close();
  return settingsOn(server, 'other');
}

async function countOf(settings: DatabaseSettings): Promise<number> {
  const { result } = await runProgram<{ tables: readonly { rows: number }[] }>(settings, ['db:digest']);
  return result.tables.reduce((sum, { rows }) => sum + rows, 0);
}

async function dumps(ground: Ground, rows: number): Promise<void> {
  const file = join(directory, 'export.rows.zst');
  const gone = async () => rmSync(file, { force: true });
  await report(`${ground.name}: export`, rows, () => ours(ground.settings, 'export', '--output', file), gone);
  let target = await emptied(ground.server);
  const empty = async () => {
    target = await emptied(ground.server);
  };
  await report(`${ground.name}: import`, rows, () => ours(target, 'import', file), empty);
  await ownDump(ground, rows, empty);
}

async function ownDump(ground: Ground, rows: number, empty: () => Promise<void>): Promise<void> {
  const { settings, server } = ground;
  if (settings.connection === 'sqlite') {
    const other = join(directory, 'other.sqlite');
    const move = () => shell(`sqlite3 ${settings.file} .dump | sqlite3 ${other}`);
    if (isInstalled('sqlite3')) await report('sqlite: .dump | sqlite3', rows, move, empty);
    return;
  }
  if (!server) return;
  const at = `-h ${server.host} ${ground.name === 'postgresql' ? '-p' : '-P'} ${server.port}`;
  if (ground.name === 'postgresql' && isInstalled('pg_dump')) {
    const env = { PGPASSWORD: server.password };
    const file = join(directory, 'own.dump');
    const dump = `pg_dump ${at} -U ${server.user} -Fc -f ${file} ${settings.database}`;
    await report('postgresql: pg_dump -Fc', rows, () => shell(dump, env));
    const restore = `pg_restore ${at} -U ${server.user} -j2 -d other ${file}`;
    await report('postgresql: pg_restore -j2', rows, () => shell(restore, env), empty);
  }
  if (ground.name === 'mariadb' && isInstalled('mariadb-dump')) {
    const env = { MYSQL_PWD: server.password };
    const account = `${at} --protocol=tcp -u ${server.user}`;
    const move = `mariadb-dump ${account} --single-transaction ${settings.database} | mariadb ${account} other`;
    await report('mariadb: mariadb-dump | mariadb', rows, () => shell(move, env), empty);
  }
}

/** Writes settings as administrators keep them. */
function envFile(name: string, settings: DatabaseSettings): string {
  const file = join(directory, name);
  const lines = Object.entries(environmentOf(settings)).map(([key, value]) => `${key}='${value}'\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  return file;
}

async function switches(ground: Ground, rows: number): Promise<void> {
  for (const to of ENGINES.filter((name) => name !== ground.name)) {
    const { servers, stop } =
      to === 'sqlite'
        ? { servers: undefined, stop: async () => {} }
        : await provideServers([to], { fast: false });
    const provided = to === 'sqlite' ? undefined : servers?.[to];
    const server = provided && 'server' in provided ? provided.server : undefined;
    if (to === 'sqlite' || server) {
      let words: string[] = [];
      const prepare = async () => {
        const env = envFile('multiflexi.env', ground.settings);
        rmSync(`${env}.switch.json`, { force: true });
        words = ['-e', env, 'db:switch', '--to-env', envFile('other.env', await emptied(server)), '--yes'];
      };
      const move = () => ours(ground.settings, ...words);
      await report(`${ground.name} → ${to}: db:switch`, rows, move, prepare);
      if (to === 'postgresql' && server && isInstalled('pgloader')) await pgloader(ground, server, rows);
    }
    await stop();
  }
}

async function pgloader(ground: Ground, server: TestServer, rows: number): Promise<void> {
  const { settings } = ground;
  const from =
    settings.connection === 'sqlite'
      ? `sqlite://${settings.file}`
      : `mysql://${settings.username}:${settings.password}@${settings.host}:${settings.port}/${settings.database}`;
  let target: DatabaseSettings | undefined;
  const to = `pgsql://${server.user}:${server.password}@${server.host}:${server.port}/other`;
  await report(
    `${ground.name} → postgresql: pgloader, nothing verified`,
    rows,
    () => shell(`pgloader --with 'prefetch rows = 1000' ${from} ${to}`, { HOME: directory }),
    async () => {
      target = await emptied(server);
    },
  );
  // It ends with 0 as well when it has loaded nothing.
  const [asked, loaded] = [await jobsOf(settings), target ? await jobsOf(target) : null];
  if (asked !== loaded)
    say(`| ${ground.name} → postgresql: pgloader loaded ${loaded} jobs of ${asked} | | | |`);
}

/** @returns null where there is no such table */
async function jobsOf(settings: DatabaseSettings): Promise<number | null> {
  const engine = await openEngine(settings, 'inspect');
  try {
    if (!(await engine.tableNames()).includes('job')) return null;
    const { rows } = await sql<{ n: bigint }>`select count(*) as n from job`.execute(engine.kysely());
    return Number(rows[0]?.n);
  } finally {
    await engine.close();
  }
}

say('| what | time | rows/s | memory |\n|---|---|---|---|');
await eachGround(
  ENGINES,
  JOBS,
  async (ground) => {
    await ground.reset();
    const rows = await countOf(ground.settings);
    if (WHAT.includes('digest'))
      await report(`${ground.name}: db:digest of ${rows.toLocaleString('en')} rows`, rows, () =>
        ours(ground.settings, 'db:digest'),
      );
    if (WHAT.includes('dump')) await dumps(ground, rows);
    if (WHAT.includes('switch')) await switches(ground, rows);
  },
  (name, why) => say(`${name}: ${why}`),
);
rmSync(directory, { recursive: true });
