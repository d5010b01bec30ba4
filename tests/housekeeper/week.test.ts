/**
 * A week of cycles, an hour apart. Time passes by moving all instants in the database back: what the housekeeper sees is
 * what it would see an hour later, by its own clock and by the database's.
 */
import { type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine, EngineName } from '../../src/engines/index.ts';
import { utc } from '../../src/engines/index.ts';
import { type CycleResult, housekeeperStatus, runCycle } from '../../src/housekeeper/index.ts';
import { readLease } from '../../src/leases/index.ts';
import { MIGRATIONS, modelOf } from '../../src/migrations/index.ts';
import type { Database } from '../../src/schema/index.ts';
import type { HousekeeperSettings } from '../../src/settings/index.ts';
import { thisHost } from '../../src/system/index.ts';
import { DUTIES, listRuns } from '../../src/tasks/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { makeCompany } from '../harness/history.ts';

const WEEK = 168;
/** Longer than anything is kept; the whole week is gone through on one engine, and on all with `npm run test:full`. */
const SHORT = 60;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const KEPT_HOURS = 48;
const STALE_HOURS = 24;
const LOG_KEEP = 200;
/** Above what a kernel gives. */
const NO_PROCESS = 2 ** 22 + 1;
const SETTINGS: HousekeeperSettings = {
  dryRun: false,
  daemonize: false,
  cyclePauseMs: HOUR_MS,
  logKeep: LOG_KEEP,
  logKeepPerCompany: null,
  tmpDirectory: null,
  tmpAgeMs: 24 * HOUR_MS,
  staleJobAgeMs: STALE_HOURS * HOUR_MS,
  skipDuties: [],
  window: null,
};

const HOUR_EARLIER: Readonly<Record<EngineName, (column: string) => RawBuilder<string>>> = {
  sqlite: (column) => sql`strftime('%Y-%m-%d %H:%M:%f', ${sql.ref(column)}, '-1 hour') || '000'`,
  mysql: (column) => sql`${sql.ref(column)} - interval 1 hour`,
  mariadb: (column) => sql`${sql.ref(column)} - interval 1 hour`,
  postgresql: (column) => sql`${sql.ref(column)} - interval '1 hour'`,
};

/** Tables that have rows here, and instants in them. */
const MOVED = [
  'run_template',
  'job',
  'artifacts',
  'logger',
  'token',
  'size_sample',
  'housekeeping_run',
  'housekeeping_duty',
] as const;

async function letAnHourPass(engine: Engine): Promise<void> {
  const model = modelOf(MIGRATIONS);
  const earlier = HOUR_EARLIER[engine.name as EngineName];
  await engine
    .kysely<Record<string, Record<string, string>>>()
    .transaction()
    .execute(async (db) => {
      for (const table of MOVED) {
        const columns = model.get(table)?.columns.filter(({ type }) => type.kind === 'datetime') ?? [];
        const values = Object.fromEntries(columns.map(({ name }) => [name, earlier(name)]));
        await db.updateTable(table).set(values).execute();
      }
    });
}

describeEngines('a week of cycles', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  const HOURS = name === 'sqlite' || process.env.MULTIFLEXI_TEST_EVERY_MOMENT ? WEEK : SHORT;
  const cycles: CycleResult[] = [];
  const context = () => ({ engine, program: 'test' });
  const cycle = () =>
    runCycle(context(), {
      settings: SETTINGS,
      duties: DUTIES,
      timeBudgetMs: 60_000,
      archive: null,
      lag: undefined,
    });

  /** What an hour of the platform leaves behind: half an hour old when the cycle comes. */
  async function anHourOfWork(hour: number): Promise<void> {
    const db = engine.kysely<Database>();
    const then = utc(Date.now() - 30 * MINUTE_MS);
    const first = BigInt(hour * 10 + 1);
    const ended = {
      app_id: 1n,
      company_id: 1n,
      run_template_id: 1n,
      DatCreate: then,
      begin: then,
      end: then,
    };
    const begun = { ...ended, end: null, status: 'running' as const };
    await db
      .insertInto('job')
      .values([
        { ...ended, id: first, status: 'ok', host: null, pid: null },
        { ...ended, id: first + 1n, status: 'ok', run_template_id: 2n, host: null, pid: null },
        { ...ended, id: first + 2n, status: 'failed', host: null, pid: null },
        // Running in name only: on a host that is asked, and on one that nobody can ask.
        { ...begun, id: first + 3n, host: thisHost(), pid: NO_PROCESS },
        { ...begun, id: first + 4n, host: 'another-host', pid: 7 },
        // Run template 3 is inactive.
        {
          ...begun,
          id: first + 5n,
          status: 'waiting',
          begin: null,
          company_id: 2n,
          run_template_id: 3n,
          host: null,
          pid: null,
        },
      ])
      .execute();
    await db
      .insertInto('artifacts')
      .values({ job_id: first, filename: 'stdout.txt', created_at: then })
      .execute();
    await db
      .insertInto('logger')
      .values(
        Array.from({ length: 10 }, (_, n) => ({
          message: `${hour * 10 + n}`,
          venue: 'test',
          company_id: 1n,
          job_id: n === 0 ? first : null,
          created_at: then,
        })),
      )
      .execute();
    await db
      .insertInto('token')
      .values({ user_id: 1n, token: `of hour ${hour}`, until: then })
      .execute();
    await db
      .updateTable('run_template')
      .set({
        active: true,
        interv: 'd',
        next_schedule: utc(Date.now() - 3 * HOUR_MS),
        successful_jobs: 7_777,
      })
      .where('id', '=', 2n)
      .execute();
  }

  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
    const db = engine.kysely<Database>();
    await db.insertInto('user').values({ id: 1n, login: 'admin' }).execute();
    await db.updateTable('run_template').set({ active: false }).where('id', '=', 3n).execute();
    await db.deleteFrom('retention_policy').execute();
    await db
      .insertInto('retention_policy')
      .values({
        subject: 'job',
        max_age_days: KEPT_HOURS / 24,
        keep_last_success: false,
        enabled: true,
        action: 'delete',
      })
      .execute();
    for (let hour = 0; hour < HOURS; hour++) {
      if (hour > 0) await letAnHourPass(engine);
      await anHourOfWork(hour);
      cycles.push(await cycle());
      // Those of single tables are only more rows to be moved.
      await db.deleteFrom('size_sample').where('table_name', '!=', '').execute();
    }
  }, 300_000);
  afterAll(() => database.drop());

  test('none fails, and none leaves its lease behind', async () => {
    expect(cycles.flatMap(({ failed, behind }) => [...failed, ...behind])).toEqual([]);
    expect((await readLease(engine, 'housekeeper'))?.held).toBe(false);
    expect((await housekeeperStatus(context(), SETTINGS, DUTIES)).problems).toEqual([]);
  });

  test('exactly the jobs of the last two days are left, with their artifacts', async () => {
    const db = engine.kysely<Database>();
    const jobs = await db.selectFrom('job').select('id').orderBy('id').execute();
    const expected = Array.from({ length: KEPT_HOURS }, (_, n) => HOURS - KEPT_HOURS + n).flatMap((hour) =>
      [1, 2, 3, 4, 5, 6].map((n) => BigInt(hour * 10 + n)),
    );
    expect(jobs.map(({ id }) => id)).toEqual(expected);
    const artifacts = await db.selectFrom('artifacts').select('job_id').execute();
    expect(artifacts).toHaveLength(KEPT_HOURS);
  });

  test('no job is running in name only, and none waits for a run template that is inactive', async () => {
    const jobs = await engine
      .kysely<Database>()
      .selectFrom('job')
      .select(['id', 'status'])
      .where('status', 'in', ['running', 'waiting'])
      .orderBy('id')
      .execute();
    const hourOf = (id: bigint) => Number(id / 10n);
    const waiting = jobs.filter(({ status }) => status === 'waiting');
    // One that waits has an hour in any case.
    expect(waiting.map(({ id }) => hourOf(id))).toEqual([HOURS - 1]);
    const running = jobs.filter(({ status }) => status === 'running').map(({ id }) => id);
    expect(running).toEqual(
      Array.from({ length: STALE_HOURS }, (_, n) => BigInt((HOURS - STALE_HOURS + n) * 10 + 5)).sort(),
    );
  });

  test('the newest log entries are left, no more than are kept and what the last cycle has said since', async () => {
    const entries = await engine
      .kysely<Database>()
      .selectFrom('logger')
      .select(['venue', 'message'])
      .orderBy('id')
      .execute();
    expect(entries.length).toBeGreaterThanOrEqual(LOG_KEEP);
    expect(entries.length).toBeLessThanOrEqual(LOG_KEEP + 20);
    const made = entries.filter(({ venue }) => venue === 'test').map(({ message }) => Number(message));
    expect(made).toEqual(Array.from({ length: made.length }, (_, n) => HOURS * 10 - made.length + n));
  });

  test('tokens are kept for a day after their end, and no schedule is left in the past', async () => {
    const db = engine.kysely<Database>();
    const tokens = await db.selectFrom('token').select('token').execute();
    expect(tokens.map(({ token }) => token).sort()).toEqual(
      Array.from({ length: 24 }, (_, n) => `of hour ${HOURS - 24 + n}`).sort(),
    );
    const missed = await db
      .selectFrom('run_template')
      .select('id')
      .where('next_schedule', 'is not', null)
      .execute();
    expect(missed).toEqual([]);
  });

  test('a size sample an hour, and a history that says once what nothing was to be done about', async () => {
    const { samples } = await engine
      .kysely<Database>()
      .selectFrom('size_sample')
      .where('table_name', '=', '')
      .select((eb) => eb.fn.countAll<bigint>().as('samples'))
      .executeTakeFirstOrThrow();
    expect(Number(samples)).toBe(HOURS);
    const runs = await listRuns({ engine }, 10_000);
    const of = (duty: string) => runs.filter((one) => one.duty === duty);
    for (const { duty } of runs.filter((one) => DUTIES.some(({ name }) => name === one.duty))) {
      const times = of(duty).reduce((sum, one) => sum + one.runs, 0);
      expect([duty, times]).toEqual([duty, HOURS]);
    }
    for (const idle of ['credentials', 'temporary-files', 'space', 'orphans', 'history'])
      expect([idle, of(idle).length]).toEqual([idle, 1]);
    expect(new Set(runs.map(({ outcome }) => outcome))).toEqual(new Set(['done']));
  });

  test('the counters of run templates are those of their jobs', async () => {
    // Jobs were deleted and failed behind the counting of the last cycle.
    await cycle();
    const db = engine.kysely<Database>();
    const templates = await db
      .selectFrom('run_template')
      .select(['id', 'successful_jobs', 'failed_jobs'])
      .orderBy('id')
      .execute();
    const jobs = await db.selectFrom('job').select(['run_template_id', 'status']).execute();
    const count = (id: bigint, status: string) =>
      jobs.filter((job) => job.run_template_id === id && job.status === status).length;
    expect(templates).toEqual(
      templates.map(({ id }) => ({ id, successful_jobs: count(id, 'ok'), failed_jobs: count(id, 'failed') })),
    );
  });
});
