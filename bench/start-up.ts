/**
 * How long `db:status` takes on an up-to-date database, the whole process, beside the same Node doing nothing:
 * the ratio says what is ours. `node bench/start-up.ts [runs] [engine,…] [program]`: with an installed program, as
 * /usr/bin/multiflexi-cli, it and that of the checkout take turns, as a busy machine is never the same for long. Phinx with 137 migrations took 0.07–0.12 s on
 * a like machine.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { openEngine } from '../src/engines/index.ts';
import { provideServers, SERVER_ENGINES, type TestServer } from '../tests/servers/index.ts';

const PROGRAM = fileURLToPath(new URL('../bin/multiflexi-cli.js', import.meta.url));
const RUNS = Number(process.argv[2] ?? 21);
const ENGINES = (process.argv[3] ?? 'sqlite,mysql,mariadb,postgresql').split(',');
const INSTALLED = process.argv[4];

const directory = mkdtempSync(join(tmpdir(), 'multiflexi-bench-'));
const home = { PATH: process.env.PATH, HOME: directory };
const say = (line: string) => process.stdout.write(`${line}\n`);

const [nothing = 0] = medians(() => spawnSync(process.execPath, ['-e', '0'], { env: home }));
say(`node alone ${nothing.toFixed(0)} ms`);
if (ENGINES.includes('sqlite'))
  measure('sqlite', { DB_CONNECTION: 'sqlite', DB_DATABASE: join(directory, 'a.sqlite') });
const wanted = SERVER_ENGINES.filter((name) => ENGINES.includes(name));
const { servers, stop } = await provideServers(wanted, { fast: true });
for (const name of wanted) {
  const provided = servers[name];
  if ('server' in provided) measure(name, await settingsOn(provided.server));
}
await stop();
rmSync(directory, { recursive: true });

function measure(name: string, settings: Record<string, string>): void {
  const env = { ...home, ...settings };
  const migrated = spawnSync(process.execPath, [PROGRAM, 'db:migrate'], { env, encoding: 'utf8' });
  if (migrated.status !== 0) throw new Error(migrated.stderr);
  const checkout = () => spawnSync(process.execPath, [PROGRAM, 'db:status'], { env });
  const installed = INSTALLED === undefined ? [] : [() => spawnSync(INSTALLED, ['db:status'], { env })];
  for (const [index, status] of medians(checkout, ...installed).entries()) {
    const which = index === 0 ? '' : ', installed';
    say(`${name}: db:status ${status.toFixed(0)} ms, ${(status / nothing).toFixed(1)} times${which}`);
  }
}

async function settingsOn(server: TestServer): Promise<Record<string, string>> {
  const { engine, host, port, user, password } = server;
  const connection = engine === 'postgresql' ? 'pgsql' : 'mysql';
  const admin = await openEngine(
    {
      connection,
      host,
      port,
      socket: undefined,
      database: engine === 'postgresql' ? 'postgres' : 'mysql',
      username: user,
      password,
      tls: { mode: 'off' },
    },
    'change',
  );
  await sql`create database bench`.execute(admin.kysely());
  await admin.close();
  return {
    DB_CONNECTION: connection,
    DB_HOST: host,
    DB_PORT: String(port),
    DB_USERNAME: user,
    DB_PASSWORD: password,
    DB_DATABASE: 'bench',
  };
}

/** In milliseconds, one for each; they take turns. */
function medians(...runs: readonly (() => unknown)[]): number[] {
  const times = runs.map((): number[] => []);
  for (let turn = 0; turn < RUNS; turn++) {
    for (const [index, run] of runs.entries()) {
      const started = performance.now();
      run();
      times[index]?.push(performance.now() - started);
    }
  }
  return times.map((some) => some.sort((a, b) => a - b)[Math.floor(RUNS / 2)] ?? 0);
}
