/**
 * What a cycle of the housekeeper costs: the same hour's work on histories of different size, a cycle with nothing to do, and
 * what the platform feels of it. `node bench/housekeeper.ts [jobs] [engine,…] [sizes,…]`: 20,000 jobs, all engines, sizes
 * 1,10,50 times as many (50 on SQLite and PostgreSQL alone). The built program (`npm run build`), medians of 3. All log entries that
 * the sample has are kept, or as many as `BENCH_LOG_KEEP` says. `BENCH_DETAIL=1` prints how long each duty took.
 *
 * An hour's work: 200 jobs that have become too old, with what is theirs, 1,000 log entries too many, 20 tokens that have
 * ended, 5 jobs that are running in name only, 5 schedules that were missed.
 */
import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { type Engine, type EngineName, openEngine, utc } from '../src/engines/index.ts';
import { runCycle } from '../src/housekeeper/index.ts';
import type { Database } from '../src/schema/index.ts';
import { readHousekeeperSettings } from '../src/settings/index.ts';
import { DUTIES, DUTY_NAMES } from '../src/tasks/index.ts';
import { p99, startWriter } from './beside.ts';
import { eachGround, type Ground } from './grounds.ts';
import { runProgram } from './program.ts';

const JOBS = Number(process.argv[2] ?? 20_000);
const ENGINES = (process.argv[3] ?? 'sqlite,mariadb,postgresql,mysql').split(',') as EngineName[];
const SIZES = (process.argv[4] ?? '1,10,50').split(',').map(Number);
const LARGE_ON: readonly EngineName[] = ['sqlite', 'postgresql'];
const TIMES = 3;
const MOST_SETTLING = 60;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const IDLE_MS = 6_000;
const POLICY_DAYS = 200;

const say = (line: string) => process.stdout.write(`${line}\n`);
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;

interface Cycle {
  readonly milliseconds: number;
  readonly failed: readonly string[];
  readonly duties: readonly { readonly duty: string; readonly rows: number; readonly milliseconds: number }[];
}

async function measure(ground: Ground, jobs: number): Promise<void> {
  await ground.reset();
  const tmp = mkdtempSync(join(tmpdir(), 'multiflexi-bench-tmp-'));
  const engine = await openEngine(ground.settings, 'change');
  const logs = Math.min(await settle(engine), Number(process.env.BENCH_LOG_KEEP ?? Number.POSITIVE_INFINITY));
  const environment = { MULTIFLEXI_HOUSEKEEPER_LOG_KEEP: String(logs), MULTIFLEXI_TMP: tmp };
  const cycle = () =>
    runProgram<Cycle>(ground.settings, ['housekeeper:run', '--once'], undefined, environment);
  await untilNothingIsLeft(engine, cycle);
  const worked: number[] = [];
  const memory: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    await anHourPasses(engine, tmp, logs);
    const { result, peakMb } = await cycle();
    if (process.env.BENCH_DETAIL) say(JSON.stringify(result.duties.map(detail)));
    if (result.failed.length > 0) throw new Error(`failed: ${result.failed.join()}`);
    worked.push(result.milliseconds);
    memory.push(peakMb);
  }
  await untilNothingIsLeft(engine, cycle);
  const idle: number[] = [];
  for (let time = 0; time < TIMES; time++) {
    const { result } = await cycle();
    if (process.env.BENCH_DETAIL) say(JSON.stringify(result.duties.map(detail)));
    idle.push(result.milliseconds);
  }
  const statements = await countStatements(ground, environment);
  const beside = await besideTheWriter(ground, engine, { tmp, logs }, cycle);
  await engine.close();
  rmSync(tmp, { recursive: true });
  say(
    `| ${ground.name} | ${jobs} | ${median(worked)} ms | ${median(idle)} ms | ${statements} | ${Math.max(...memory)} MB | ${beside} |`,
  );
}

function detail({ duty, rows, milliseconds }: Cycle['duties'][number]) {
  return [duty, rows, milliseconds];
}

/** A policy, and as many log entries as are kept. @returns their number */
async function settle(engine: Engine): Promise<number> {
  const db = engine.kysely<Database>();
  await db
    .insertInto('retention_policy')
    .values({
      subject: 'job',
      max_age_days: POLICY_DAYS,
      keep_last_success: false,
      enabled: true,
      action: 'delete',
    })
    .execute();
  await db.updateTable('run_template').set({ next_schedule: null }).execute();
  return countLogs(engine);
}

async function countLogs(engine: Engine): Promise<number> {
  const { count } = await engine
    .kysely<Database>()
    .selectFrom('logger')
    .select((eb) => eb.fn.countAll<bigint>().as('count'))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** The first cycles take what the settling or the work has left. Counters would take a round of many cycles: they are made true at once. */
async function untilNothingIsLeft(
  engine: Engine,
  cycle: () => Promise<{ readonly result: Cycle }>,
): Promise<void> {
  let quiet = 0;
  let isCounted = false;
  for (let n = 0; quiet < 2; n++) {
    if (!isCounted) await countJobs(engine);
    const { duties } = (await cycle()).result;
    isCounted = duties.every(({ duty, rows }) => duty !== 'counters' || rows === 0);
    if (n === MOST_SETTLING)
      throw new Error(`There is always something to do: ${JSON.stringify(duties.map(detail))}`);
    quiet = duties.every(({ rows }) => rows === 0) ? quiet + 1 : 0;
  }
}

async function countJobs(engine: Engine): Promise<void> {
  const jobs = (status: 'ok' | 'failed') =>
    sql<number>`(select count(*) from job where job.run_template_id = run_template.id and status = ${status})`;
  await engine
    .kysely<Database>()
    .updateTable('run_template')
    .set({ successful_jobs: jobs('ok'), failed_jobs: jobs('failed') })
    .execute();
}

/** @param logs how many log entries are kept */
async function anHourPasses(engine: Engine, tmp: string, logs: number): Promise<void> {
  const db = engine.kysely<Database>();
  const now = Date.now();
  const ids = async (count: number, status: 'ok' | 'failed', before = now) =>
    (
      await db
        .selectFrom('job')
        .select('id')
        .where('status', '=', status)
        .where('DatCreate', '<=', utc(before))
        .orderBy('DatCreate', 'desc')
        .orderBy('id', 'desc')
        .limit(count)
        .execute()
    ).map(({ id }) => id);
  await db
    .updateTable('job')
    .set({ DatCreate: utc(now - (POLICY_DAYS + 1) * DAY_MS) })
    .where('id', 'in', await ids(200, 'ok'))
    .execute();
  await db
    .updateTable('job')
    .set({ status: 'running', begin: utc(now - 2 * DAY_MS), end: null })
    .where('id', 'in', await ids(5, 'failed', now - 5 * DAY_MS))
    .execute();
  const entry = { message: 'an hour has passed', severity: 'info', created_at: utc(now - HOUR_MS) };
  await db
    .insertInto('logger')
    .values(Array.from({ length: logs + 1_000 - (await countLogs(engine)) }, () => entry))
    .execute();
  const user = await db.selectFrom('user').select('id').limit(1).executeTakeFirstOrThrow();
  await db
    .insertInto('token')
    .values(
      Array.from({ length: 20 }, (_, n) => ({
        user_id: user.id,
        token: `bench ${now} ${n}`,
        until: utc(now - 3 * DAY_MS),
      })),
    )
    .execute();
  const templates = await db
    .selectFrom('run_template')
    .select('id')
    .where('active', '=', true)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('job')
            .whereRef('job.run_template_id', '=', 'run_template.id')
            .where('status', '=', 'waiting')
            .select('job.id'),
        ),
      ),
    )
    .orderBy('id')
    .limit(5)
    .execute();
  await db
    .updateTable('run_template')
    .set({ next_schedule: utc(now - 5 * HOUR_MS), interv: 'd' })
    .where(
      'id',
      'in',
      templates.map(({ id }) => id),
    )
    .execute();
  for (let n = 0; n < 50; n++) {
    const file = join(tmp, `${now}-${n}.tmp`);
    writeFileSync(file, 'x'.repeat(1_000));
    utimesSync(file, new Date(now - 3 * DAY_MS), new Date(now - 3 * DAY_MS));
  }
}

/** Of a cycle with nothing to do, on an engine that tells each. */
async function countStatements(ground: Ground, environment: Record<string, string>): Promise<number> {
  let statements = 0;
  const engine = await openEngine(ground.settings, 'change', () => {
    statements++;
  });
  await runCycle(
    { engine, program: 'bench' },
    {
      settings: readHousekeeperSettings({ environment, defaultFile: '/nonexistent' }, DUTY_NAMES),
      duties: DUTIES,
      timeBudgetMs: HOUR_MS,
      archive: null,
      lag: undefined,
    },
  );
  await engine.close();
  return statements;
}

/** @returns the writer's p99 beside cycles, when it is alone, and their ratio */
async function besideTheWriter(
  ground: Ground,
  engine: Engine,
  { tmp, logs }: { readonly tmp: string; readonly logs: number },
  cycle: () => Promise<unknown>,
): Promise<string> {
  const writer = await startWriter(ground.settings);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const spans: [number, number][] = [];
  for (let time = 0; time < TIMES; time++) {
    await anHourPasses(engine, tmp, logs);
    const from = Date.now();
    await cycle();
    spans.push([from, Date.now()]);
  }
  const taken = await writer.end();
  const first = spans[0]?.[0] ?? 0;
  const idle = p99(taken.filter(([at]) => at < first - 500).map(([, ms]) => ms));
  const beside = p99(
    taken.filter(([at, ms]) => spans.some(([from, to]) => at + ms >= from && at <= to)).map(([, ms]) => ms),
  );
  return `${beside.toFixed(1)} ms | ${idle.toFixed(1)} ms | ${(beside / idle).toFixed(1)}`;
}

say(
  '| engine | jobs | an hour | nothing | statements | memory | writer p99 | idle p99 | ratio |\n|---|---|---|---|---|---|---|---|---|',
);
for (const name of ENGINES)
  for (const size of SIZES) {
    if (size > 10 && !LARGE_ON.includes(name)) continue;
    await eachGround(
      [name],
      JOBS * size,
      (ground) => measure(ground, JOBS * size),
      (_, why) => say(`| ${name} | – | ${why} | | | | | | |`),
      Date.now(),
    );
  }
