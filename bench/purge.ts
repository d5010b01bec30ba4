/**
 * How fast a purge is and what the platform feels of it, beside one statement, a plain loop and (where it is installed)
 * pt-archiver on the same data in the same run. `node bench/purge.ts [jobs] [engine,…] [what,…] [times]`; 200,000 jobs over
 * 180 days bring 400,000 artifacts and 1,000,000 log rows. Jobs: older than 90 days; logs: keep 10,000 (in proportion). A
 * writer (a job and two artifacts a transaction, 50 a second) works beside each; idle is the writer alone. `archive` is
 * ours with an archive; ours is the built program (`npm run build`). `before` and `before-archive` are the program of
 * another checkout, `BENCH_BEFORE=DIR`, and take turns with ours. Run several times, each line is the one with the median
 * of the rates.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type DatabaseSettings, type EngineName, openEngine, utc } from '../src/engines/index.ts';
import type { Database } from '../src/schema/index.ts';
import { p99, startWriter } from './beside.ts';
import { eachGround, type Ground, UNTIL } from './grounds.ts';
import { countAll, hasPtArchiver, JOB_PEERS, LOG_PEERS } from './peers.ts';
import { runProgram } from './program.ts';

const JOBS = Number(process.argv[2] ?? 200_000);
const ENGINES = (process.argv[3] ?? 'sqlite,mariadb,postgresql,mysql').split(',') as EngineName[];
const WHAT = (process.argv[4] ?? 'statement,loop,pt-archiver,ours,archive').split(',');
const TIMES = Number(process.argv[5] ?? 1);
const KEEP_LOGS = Math.round(JOBS / 20);
const OLDER = utc(UNTIL - 90 * 86_400_000);
const IDLE_MS = 6_000;
/** What the writer adds in a transaction. */
const ROWS_A_WRITE = 3;

const say = (line: string) => process.stdout.write(`${line}\n`);

interface Figures {
  readonly rows: number;
  readonly rate: number;
  readonly p99: number;
  readonly stall: number;
  readonly idle: number;
  readonly memory: string;
}

async function measure(ground: Ground): Promise<void> {
  const possible = WHAT.filter(
    (what) => what !== 'pt-archiver' || (ground.server?.engine.startsWith('m') && hasPtArchiver()),
  );
  for (const table of ['jobs', 'logs'] as const) {
    const figures = new Map<string, Figures[]>(possible.map((what) => [what, []]));
    for (let time = 0; time < TIMES; time++)
      for (const what of possible) figures.get(what)?.push(await once(ground, table, what));
    for (const [what, measured] of figures) {
      const median = measured.sort((a, b) => a.rate - b.rate)[measured.length >> 1];
      if (!median) continue;
      const { rows, rate, p99: beside, stall, idle, memory } = median;
      say(
        `| ${ground.name} | ${table}: ${what} | ${rows} | ${Math.round(rate)} | ${beside.toFixed(1)} ms | ${stall.toFixed(0)} ms | ${idle.toFixed(1)} ms | ${memory} |`,
      );
    }
  }
}

async function once(ground: Ground, table: 'jobs' | 'logs', what: string): Promise<Figures> {
  await ground.reset();
  const engine = await openEngine(ground.settings, 'change');
  const db = engine.kysely<Database>();
  const before = await countAll(db);
  const writer = await startWriter(ground.settings);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const from = Date.now();
  const started = performance.now();
  let ours: Ours | undefined;
  const peer = (table === 'jobs' ? JOB_PEERS : LOG_PEERS)[what];
  if (peer) await peer(engine, { olderThan: OLDER, keepLogs: KEEP_LOGS, server: ground.server });
  else ours = await purge(ground.settings, table, what.endsWith('archive'), what.startsWith('before'));
  const all = performance.now() - started;
  const taken = await writer.end();
  const rows = before - (await countAll(db)) + taken.length * ROWS_A_WRITE;
  await engine.close();
  const idle = taken.filter(([at]) => at < from - 100).map(([, milliseconds]) => milliseconds);
  const beside = taken.filter(([at, ms]) => at + ms >= from && at <= from + all).map(([, ms]) => ms);
  return {
    rows,
    rate: (rows * 1000) / (ours?.milliseconds ?? all),
    p99: p99(beside),
    stall: Math.max(...beside),
    idle: p99(idle),
    memory: ours ? `${ours.peakMb} MB` : '',
  };
}

interface Ours {
  readonly milliseconds: number;
  readonly peakMb: number;
}

/** The program itself: its time is that of the purge, without its start and its plan. */
async function purge(
  settings: DatabaseSettings,
  table: 'jobs' | 'logs',
  archive: boolean,
  before: boolean,
): Promise<Ours> {
  const directory = archive ? mkdtempSync(join(tmpdir(), 'multiflexi-bench-')) : undefined;
  const rule =
    table === 'jobs'
      ? ['--jobs', '--older-than', OLDER.slice(0, 10)]
      : ['--logs', '--keep', String(KEEP_LOGS)];
  const target = directory === undefined ? [] : ['--archive', directory];
  const { result, peakMb } = await runProgram<{ milliseconds: number }>(
    settings,
    ['prune', ...rule, ...target, '--yes'],
    before ? resolve(process.env.BENCH_BEFORE ?? '.', 'bin/multiflexi-cli.js') : undefined,
  );
  if (directory !== undefined) rmSync(directory, { recursive: true });
  if (process.env.BENCH_DETAIL) say(JSON.stringify(result));
  return { milliseconds: result.milliseconds, peakMb };
}

say(
  '| engine | what | rows | rows/s | writer p99 | longest stall | idle p99 | memory |\n|---|---|---|---|---|---|---|---|',
);
await eachGround(ENGINES, JOBS, measure, (name, why) => say(`| ${name} | – | ${why} | | | | | |`));
