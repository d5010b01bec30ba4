/**
 * What the console takes: server time of Health, fifty readers at once, the platform's writer meanwhile, and the memory of its process.
 * `node bench/console.ts [jobs] [engine,…]`; run `npm run build` first.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { type EngineName, openEngine } from '../src/engines/index.ts';
import type { Database } from '../src/schema/index.ts';
import { Visitor } from '../tests/harness/visitor.ts';
import { makeYearOfSamples } from '../tests/harness/year-of-samples.ts';
import { eachGround, type Ground } from './grounds.ts';
import { environmentOf, runProgram } from './program.ts';

const PROGRAM = fileURLToPath(new URL('../bin/multiflexi-cli.js', import.meta.url));
const JOBS = Number(process.argv[2] ?? 200_000);
const ENGINES = (process.argv[3] ?? 'sqlite,mysql,mariadb,postgresql').split(',') as EngineName[];
const READERS = 50;
const ROUNDS = 20;
/** Each reader looks so often, in milliseconds. */
const PAUSE_MS = 1_000;
/** How long the platform writes alone, before and after. */
const IDLE_MS = 15_000;
/** Longer than an answer of Health is shown without waiting for a new one. */
const UNASKED_MS = 15_500;

const say = (line: string) => process.stdout.write(`${line}\n`);

await eachGround(ENGINES, JOBS, measure, (name, why) => say(`${name}: ${why}`), Date.now());

async function measure({ name, pristine: settings }: Ground): Promise<void> {
  say(`${name}: ${await prepared(settings)} rows`);
  const idle = await writerWhile(settings, () => sleep(IDLE_MS));
  const { child, origin, token } = await startConsole(environmentOf(settings));
  try {
    const visitor = await Visitor.loggedIn({ origin, token });
    // As long as nobody else has asked.
    const health: number[] = [];
    for (let round = 0; round < 6; round++) {
      health.push(await timed(() => visitor.get('/')));
      await sleep(UNASKED_MS);
    }
    const [first, ...later] = health;
    say(
      `${name}: Health, asked anew: first ${round(first)} ms, then median ${round(at(later, 0.5))} ms, slowest ${round(at(later, 1))} ms`,
    );
    const memory = memoryOf(child);
    const reads: number[] = [];
    const busy = await writerWhile(settings, async () => {
      await Promise.all(
        Array.from({ length: READERS }, async (_, reader) => {
          await sleep((reader * PAUSE_MS) / READERS);
          for (let round = 0; round < ROUNDS; round++) {
            const path =
              ['/', '/api/status', '/api/db:size', '/api/retention:list'][(reader + round) % 4] ?? '/';
            reads.push(await timed(() => visitor.get(path)));
            await sleep(PAUSE_MS);
          }
        }),
      );
    });
    say(
      `${name}: ${READERS} readers, ${reads.length} answers: median ${round(at(reads, 0.5))} ms, p99 ${round(at(reads, 0.99))} ms`,
    );
    idle.push(...(await writerWhile(settings, () => sleep(IDLE_MS))));
    say(
      `${name}: writer p99 idle (before and after) ${round(at(idle, 0.99))} ms of ${idle.length}, with readers ${round(at(busy, 0.99))} ms of ${busy.length}`,
    );
    const plan = await timed(() => visitor.get('/api/prune?jobs=true&older_than=90d'));
    say(
      `${name}: plan of a purge ${round(plan)} ms; memory ${memory} MB, with readers and a plan ${memoryOf(child)} MB`,
    );
  } finally {
    child.kill('SIGTERM');
  }
}

/** Statistics as the housekeeper keeps them, and a year of its samples. @returns how many rows there are */
async function prepared(settings: Ground['settings']): Promise<number> {
  await runProgram(settings, ['db:analyze']);
  const engine = await openEngine(settings, 'change');
  // As the server would by itself in the minutes after such a load, beside which nothing can be measured.
  if (engine.name === 'postgresql') await sql`vacuum`.execute(engine.kysely());
  await makeYearOfSamples(engine);
  const { tables } = await engine.sizes('cheap');
  await engine.close();
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}

/** A platform that writes a log row every few milliseconds. @returns how long each took */
async function writerWhile(settings: Ground['settings'], work: () => Promise<unknown>): Promise<number[]> {
  const engine = await openEngine(settings, 'change');
  const times: number[] = [];
  let over = false;
  const writing = (async () => {
    while (!over) {
      const row = { severity: 'info' as const, venue: 'bench', message: 'a line of the platform' };
      times.push(await timed(() => engine.kysely<Database>().insertInto('logger').values(row).execute()));
      await sleep(10);
    }
  })();
  await work();
  over = true;
  await writing;
  await engine.close();
  return times;
}

async function startConsole(environment: Record<string, string>) {
  const child = spawn(process.execPath, ['--max-semi-space-size=8', PROGRAM, 'console'], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await new Promise<string>((resolve) => {
    child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim()));
  });
  const { origin, hash } = new URL(url);
  return { child, origin, token: new URLSearchParams(hash.slice(1)).get('token') ?? '' };
}

function memoryOf({ pid }: ChildProcess): number {
  const [, kib = '0'] = /^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kib) / 1024);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

function at(times: readonly number[], share: number): number | undefined {
  return times.toSorted((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))];
}

function round(value: number | undefined): string {
  return value === undefined ? '?' : value.toFixed(value < 10 ? 1 : 0);
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
