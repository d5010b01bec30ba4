/**
 * How long the bulk path of each engine takes for 200,000 jobs, 400,000 artifacts and 1,000,000 log rows, and how much
 * memory the program needs for it. Goal: 3 minutes and 300 MB on each. `node bench/sample-load.ts [jobs]`
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { provideServers, SERVER_ENGINES, type TestServer } from '../tests/servers/index.ts';

const PROGRAM = fileURLToPath(new URL('../bin/multiflexi-cli.js', import.meta.url));
const JOBS = process.argv[2] ?? '200000';

const say = (line: string) => process.stdout.write(`${line}\n`);

say(`| engine | jobs | seconds | peak memory |\n|---|---|---|---|`);
const directory = mkdtempSync(join(tmpdir(), 'multiflexi-bench-'));
await measure('sqlite', { DB_CONNECTION: 'sqlite', DB_DATABASE: join(directory, 'bench.sqlite') });
rmSync(directory, { recursive: true });

// Durable as their makers ship them: what is measured is what an administrator gets.
const { servers, stop } = await provideServers(SERVER_ENGINES, { fast: false });
for (const engine of SERVER_ENGINES) {
  const provided = servers[engine];
  if ('missing' in provided) say(`| ${engine} | – | ${provided.missing} | |`);
  else await measure(`${engine} ${provided.server.version}`, await settingsOn(provided.server));
}
await stop();

async function measure(label: string, settings: Record<string, string>): Promise<void> {
  const env = { PATH: process.env.PATH, HOME: tmpdir(), ...settings };
  const migrated = spawnSync(process.execPath, [PROGRAM, 'db:migrate'], { env, encoding: 'utf8' });
  if (migrated.status !== 0) throw new Error(migrated.stderr);
  const started = performance.now();
  const child = spawn(process.execPath, ['--max-semi-space-size=8', PROGRAM, 'sample:load', '--jobs', JOBS], {
    env,
    stdio: 'ignore',
  });
  let peak = 0;
  const watch = setInterval(() => {
    peak = Math.max(peak, peakMemory(child.pid));
  }, 200);
  const status = await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(watch);
  const seconds = (performance.now() - started) / 1000;
  say(
    `| ${label} | ${JOBS} | ${status === 0 ? seconds.toFixed(1) : `failed (${status})`} | ${Math.round(peak / 1024)} MB |`,
  );
}

/** The kernel's own high-water mark, in KiB; 0 where there is no /proc. */
function peakMemory(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function settingsOn(server: TestServer): Promise<Record<string, string>> {
  const { engine, host, port, user, password } = server;
  if (engine === 'postgresql') {
    const client = new pg.Client({ host, port, user, password, database: 'postgres' });
    await client.connect();
    await client.query('create database bench');
    await client.end();
  } else {
    const client = await mysql.createConnection({ host, port, user, password });
    await client.query('create database bench');
    await client.end();
  }
  return {
    DB_CONNECTION: engine === 'postgresql' ? 'pgsql' : 'mysql',
    DB_HOST: host,
    DB_PORT: String(port),
    DB_USERNAME: user,
    DB_PASSWORD: password,
    DB_DATABASE: 'bench',
  };
}
