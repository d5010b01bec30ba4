/**
 * How fast data moves, beside each engine's own dump and restore, and pgloader where it is installed, on the same data in the same run:
 * `node bench/transfer.ts [jobs] [engine,…] [digest,dump,switch,…] [times]`. 200,000 jobs bring 400,000 artifacts and 1,000,000 log rows.
 * `digest` is db:digest of all tables. `dump` is export and import on one engine, beside pg_dump -Fc and pg_restore -j2,
 * mariadb-dump | mariadb, and sqlite3 .dump | sqlite3. `switch` is db:switch from each of the engines to each other one, digests of both
 * sides included; beside those to PostgreSQL, pgloader, and beside those to MySQL and MariaDB, LOAD DATA LOCAL of files that are there already
 * into tables with their indexes. Neither verifies anything. Behind each pair the ratio is printed; a tool that is not installed is named.
 * Ours is the built program (`npm run build`); times are of whole processes, medians.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type DatabaseSettings, type EngineName, openEngine } from '../src/engines/index.ts';
import { migrate } from '../src/migrations/index.ts';
import { provideServers, type TestServer } from '../tests/servers/index.ts';
import { eachGround, type Ground, openAdmin, settingsOn } from './grounds.ts';
import { loadRowFiles, writeRowFiles } from './load-data.ts';
import { copyForPgloader, pgloaderCommands } from './pgloader.ts';
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
): Promise<number> {
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
  return seconds;
}

/** @param theirs null where their tool is not installed */
function compare(name: string, ours: number, theirs: number | null): void {
  if (theirs !== null) say(`| ${name}: ours takes ${(ours / theirs).toFixed(2)} times as long | | | |`);
}

function isThere(tool: string, name: string): boolean {
  const found = isInstalled(tool);
  if (!found) say(`| ${name}: ${tool} is not installed | | | |`);
  return found;
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
  const exporting = () => ours(ground.settings, 'export', '--output', file);
  const exported = await report(`${ground.name}: export`, rows, exporting, gone);
  let target = await emptied(ground.server);
  const empty = async () => {
    target = await emptied(ground.server);
  };
  const imported = await report(`${ground.name}: import`, rows, () => ours(target, 'import', file), empty);
  const own = await ownDump(ground, rows, empty);
  compare(`${ground.name}: export and import`, exported + imported, own);
}

/** @returns how long its dump and restore take together */
async function ownDump(ground: Ground, rows: number, empty: () => Promise<void>): Promise<number | null> {
  const { settings, server } = ground;
  if (settings.connection === 'sqlite') {
    const other = join(directory, 'other.sqlite');
    const move = () => shell(`sqlite3 ${settings.file} .dump | sqlite3 ${other}`);
    return isThere('sqlite3', 'sqlite') ? report('sqlite: .dump | sqlite3', rows, move, empty) : null;
  }
  if (!server) return null;
  const at = `-h ${server.host} ${ground.name === 'postgresql' ? '-p' : '-P'} ${server.port}`;
  if (ground.name === 'postgresql') {
    if (!isThere('pg_dump', 'postgresql')) return null;
    const env = { PGPASSWORD: server.password };
    const file = join(directory, 'own.dump');
    const dump = `pg_dump ${at} -U ${server.user} -Fc -f ${file} ${settings.database}`;
    const dumped = await report('postgresql: pg_dump -Fc', rows, () => shell(dump, env));
    const restore = `pg_restore ${at} -U ${server.user} -j2 -d other ${file}`;
    return dumped + (await report('postgresql: pg_restore -j2', rows, () => shell(restore, env), empty));
  }
  const [dump, client] = ground.name === 'mariadb' ? ['mariadb-dump', 'mariadb'] : ['mysqldump', 'mysql'];
  if (!isThere(dump, ground.name) || !isThere(client, ground.name)) return null;
  const env = { MYSQL_PWD: server.password };
  const account = `${at} --protocol=tcp -u ${server.user}`;
  const move = `${dump} ${account} --single-transaction ${settings.database} | ${client} ${account} other`;
  return report(`${ground.name}: ${dump} | ${client}`, rows, () => shell(move, env), empty);
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
      const name = `${ground.name} → ${to}`;
      const taken = await report(`${name}: db:switch`, rows, move, prepare);
      if (server) compare(name, taken, await peer(ground, server, rows));
    }
    await stop();
  }
}

/** What others take for the same. */
async function peer(ground: Ground, server: TestServer, rows: number): Promise<number | null> {
  const name = `${ground.name} → ${server.engine}`;
  if (server.engine !== 'postgresql') return loadData(name, ground, server, rows);
  return isThere('pgloader', name) ? pgloader(ground, server, rows) : null;
}

async function loadData(name: string, ground: Ground, server: TestServer, rows: number): Promise<number> {
  const files = await writeRowFiles(ground.settings, directory);
  const admin = await openAdmin(server);
  await sql`set global local_infile = 1`.execute(admin.kysely());
  await admin.close();
  const prepare = async () => {
    const engine = await openEngine(await emptied(server), 'create');
    await migrate(engine, { program: 'bench', waitMs: 0 });
    // Its migrations write rows of their own.
    for (const { table } of files.toReversed())
      await sql`delete from ${sql.table(table.name)}`.execute(engine.kysely());
    await engine.close();
  };
  const load = () => loadRowFiles(server, 'other', files).then(() => null);
  const taken = await report(`${name}: LOAD DATA LOCAL, nothing verified`, rows, load, prepare);
  for (const { file } of files) rmSync(file);
  return taken;
}

async function pgloader(ground: Ground, server: TestServer, rows: number): Promise<number | null> {
  const { settings } = ground;
  const commands = join(directory, 'pgloader.load');
  writeFileSync(commands, pgloaderCommands(settings, server, 'other'), { mode: 0o600 });
  if (ground.server) await copyForPgloader(settings, ground.server);
  let target: DatabaseSettings | undefined;
  const taken = await report(
    `${ground.name} → postgresql: pgloader, nothing verified`,
    rows,
    () => shell(`pgloader ${commands}`, { HOME: directory }),
    async () => {
      target = await emptied(server);
    },
  );
  // It ends with 0 as well when it has loaded nothing.
  const [asked, loaded] = [await jobsOf(settings), target ? await jobsOf(target) : null];
  if (asked === loaded) return taken;
  say(`| ${ground.name} → postgresql: pgloader loaded ${loaded} jobs of ${asked} | | | |`);
  return null;
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
