/**
 * How long the platform's writes wait at the end of a switch, by what has changed just before:
 * `node bench/switch-stop.ts [jobs] [from] [to] [times]`. Nothing, the newest hundredth of the rows, and every hundredth row, which
 * is in every range. The program (`npm run build`) stands still while the rows are changed, so that all of it is left for the stop. The
 * memory is the largest resident set of the whole process.
 */
import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RawBuilder, sql } from 'kysely';
import { type DatabaseSettings, type EngineName, openEngine } from '../src/engines/index.ts';
import { provideServers, type ServerEngine } from '../tests/servers/index.ts';
import { eachGround, type Ground, openAdmin, settingsOn } from './grounds.ts';
import { environmentOf } from './program.ts';

const [JOBS = '100000', FROM = 'sqlite', TO = 'postgresql', TIMES = '3'] = process.argv.slice(2);
const PROGRAM = fileURLToPath(new URL('../bin/multiflexi-cli.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'multiflexi-bench-'));

const COLUMNS = { logger: 'message', job: 'command', artifacts: 'note' };
const CHANGES: Readonly<Record<string, ((table: string) => RawBuilder<unknown>) | null>> = {
  nothing: null,
  'the newest hundredth': (table) =>
    sql`id > (select cut from (select max(id) * 99 / 100 as cut from ${sql.table(table)}) as newest)`,
  'every hundredth': () => sql`id % 100 = 7`,
};

interface Stop {
  readonly seconds: number;
  readonly rows: number;
  readonly peakMb: number;
}

async function change(
  settings: DatabaseSettings,
  which: (table: string) => RawBuilder<unknown>,
): Promise<number> {
  const engine = await openEngine(settings, 'change');
  let rows = 0n;
  for (const [table, column] of Object.entries(COLUMNS)) {
    const { numAffectedRows } = await sql`
      update ${sql.table(table)} set ${sql.ref(column)} = 'changed' where ${which(table)}`.execute(
      engine.kysely(),
    );
    rows += numAffectedRows ?? 0n;
  }
  await engine.close();
  return Number(rows);
}

function envFile(name: string, settings: DatabaseSettings): string {
  const file = join(directory, name);
  const lines = Object.entries(environmentOf(settings)).map(([key, value]) => `${key}='${value}'\n`);
  rmSync(file, { force: true });
  writeFileSync(file, lines.join(''));
  chmodSync(file, 0o600);
  return file;
}

/** @throws when the switch fails, with what it said */
async function stopOf(
  from: DatabaseSettings,
  to: DatabaseSettings,
  which: ((table: string) => RawBuilder<unknown>) | null,
): Promise<Stop> {
  const file = envFile('multiflexi.env', from);
  rmSync(`${file}.switch.json`, { force: true });
  const words = ['db:switch', '-e', file, '--to-env', envFile('other.env', to), '--yes'];
  const child = spawn(process.execPath, ['--max-semi-space-size=8', PROGRAM, ...words], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [said, peakKb] = ['', 0];
  let changing: Promise<number> | undefined;
  const hear = (text: string) => {
    said += text;
    peakKb = Math.max(peakKb, Number(/VmHWM:\s+(\d+)/.exec(statusOf(child.pid))?.[1] ?? 0));
    if (changing || !said.includes('Copied what changed')) return;
    child.kill('SIGSTOP');
    changing = (which ? change(from, which) : Promise.resolve(0)).finally(() => child.kill('SIGCONT'));
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const [, amount, unit] = /waited for ([\d.,]+) (ms|s)\b/.exec(said) ?? [];
  if (status !== 0 || amount === undefined) throw new Error(said);
  const seconds = Number(amount) / (unit === 'ms' ? 1000 : 1);
  return { seconds, rows: (await changing) ?? 0, peakMb: Math.round(peakKb / 1024) };
}

function statusOf(pid: number | undefined): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

async function measure(ground: Ground): Promise<void> {
  const server = TO === 'sqlite' ? undefined : await provideServers([TO as ServerEngine], { fast: false });
  const provided = server?.servers[TO as ServerEngine];
  if (provided && 'missing' in provided) throw new Error(provided.missing);
  for (const [name, which] of Object.entries(CHANGES)) {
    const stops: Stop[] = [];
    for (let time = 0; time < Number(TIMES); time++) {
      await ground.reset();
      let to: DatabaseSettings = { connection: 'sqlite', file: join(directory, 'other.sqlite') };
      if (provided) {
        const admin = await openAdmin(provided.server);
        await sql`drop database if exists other`.execute(admin.kysely());
        await sql`create database other`.execute(admin.kysely());
        await admin.close();
        to = settingsOn(provided.server, 'other');
      } else for (const end of ['', '-wal', '-shm']) rmSync(`${to.file}${end}`, { force: true });
      stops.push(await stopOf(ground.settings, to, which));
    }
    stops.sort((a, b) => a.seconds - b.seconds);
    const { seconds = 0, rows = 0 } = stops[stops.length >> 1] ?? {};
    const peak = Math.max(...stops.map(({ peakMb }) => peakMb));
    process.stdout.write(
      `| ${ground.name} → ${TO}, changed: ${name} | ${rows} rows | ${seconds.toFixed(1)} s | ${peak} MiB |\n`,
    );
  }
  await server?.stop();
}

await eachGround([FROM as EngineName], Number(JOBS), measure, (name, why) => {
  process.stdout.write(`${name}: ${why}\n`);
});
rmSync(directory, { recursive: true });
