/** Jobs that will never end or never begin are settled with a word in the log, and no other job is touched. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type BulkValue, nowUtc, utc } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { thisHost } from '../../src/system/index.ts';
import { staleJobs } from '../../src/tasks/duties/stale-jobs.ts';
import { describeEngines, migratedDatabase, testWhere } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { done, HOUR, holding, kept, NOW, onDuty, planned } from '../harness/on-duty.ts';

const MINUTE = 60_000;
const SLEEP = ['-e', 'setInterval(() => {}, 1000)'];

describeEngines('a stale job', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  const ends: (() => Promise<void>)[] = [];
  const sleeper = spawn(process.execPath, SLEEP);
  let gone = 0;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    await makeCompany(database.engine);
    await db().updateTable('run_template').set({ active: false }).where('id', '=', 2n).execute();
    const victim = spawn(process.execPath, SLEEP);
    await once(victim, 'spawn');
    gone = victim.pid ?? 0;
    victim.kill('SIGKILL');
    await once(victim, 'exit');
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });
  afterAll(async () => {
    sleeper.kill('SIGKILL');
    await database.drop();
  });
  beforeEach(() => makeHistory(database.engine, [], []));

  const db = () => database.engine.kysely<Database>();

  interface Made {
    readonly status?: string;
    readonly created?: number | string;
    readonly begin?: number | string | null;
    readonly host?: string | null;
    readonly pid?: number | null;
    readonly template?: bigint | null;
  }

  const instant = (at: number | string | null): BulkValue => (typeof at === 'number' ? utc(at) : at);
  /** Running on another host for three days unless told otherwise; the first has the id 1. */
  const make = (...jobs: readonly Made[]) =>
    database.engine.bulkLoad({
      table: 'job',
      columns: [
        'id',
        'run_template_id',
        'app_id',
        'company_id',
        'status',
        'DatCreate',
        'begin',
        'host',
        'pid',
      ],
      rows: jobs.map((job, n) => {
        const {
          status = 'running',
          created = NOW - 72 * HOUR,
          begin = created,
          host = 'elsewhere',
          pid = 4711,
          template = 1n,
        } = job;
        return [BigInt(n + 1), template, 1n, 1n, status, instant(created), instant(begin), host, pid];
      }),
    });
  const statuses = async () =>
    (await db().selectFrom('job').select('status').orderBy('id').execute()).map(({ status }) => status);
  const logs = async () =>
    db()
      .selectFrom('logger')
      .select(['job_id', 'company_id', 'severity', 'venue', 'message'])
      .orderBy('job_id')
      .orderBy('id')
      .execute();
  const log = (job: bigint, at: number) =>
    database.engine.bulkLoad({
      table: 'logger',
      columns: ['job_id', 'message', 'created_at'],
      rows: [[job, 'at work', utc(at)]],
    });
  const artifact = (job: bigint, at: number) =>
    database.engine.bulkLoad({
      table: 'artifacts',
      columns: ['job_id', 'filename', 'created_at'],
      rows: [[job, 'a.txt', utc(at)]],
    });

  test('is failed where its process is gone on this host, and not where it may live', async () => {
    const here = { host: thisHost() };
    const lately = Date.now() - 10 * MINUTE;
    await make(
      { ...here, pid: gone, begin: lately },
      { ...here, pid: gone, begin: Date.now() - 2 * MINUTE },
      { ...here, pid: sleeper.pid ?? 0, begin: Date.now() - 10_000 },
      // A number that another process has now.
      { ...here, pid: sleeper.pid ?? 0, begin: lately },
      { host: null, pid: gone, begin: lately },
      { host: 'elsewhere', pid: gone, begin: lately },
      { ...here, pid: null, begin: lately },
      { ...here, pid: 0, begin: lately },
      { ...here, pid: -1, begin: lately },
      { ...here, pid: gone, begin: null, created: lately },
    );
    const result = await done(staleJobs, onDuty(database.engine, { now: Date.now() }));
    expect(result.steps).toEqual([
      {
        action: 'correct',
        what: 'job',
        count: 3,
        detail: 'running, though their process on this computer has ended: set to failed',
      },
    ]);
    const running = 'running';
    expect(await statuses()).toEqual([
      'failed',
      running,
      running,
      'failed',
      running,
      running,
      running,
      running,
      running,
      'failed',
    ]);
    expect(await logs()).toEqual(
      [1n, 4n, 10n].map((job_id) => ({
        job_id,
        company_id: 1n,
        severity: 'warning',
        venue: 'housekeeper',
        message: 'The job was set to failed, because its process is not running any more.',
      })),
    );
    const ended = await db().selectFrom('job').select('end').where('status', '=', 'failed').execute();
    expect(
      ended.every(({ end }) => end !== null && end <= nowUtc() && end > utc(NOW - 200 * 24 * HOUR)),
    ).toBe(true);
  });

  test('is failed without a sign of life, and not while it gives one', async () => {
    await make(
      {},
      {},
      {},
      {},
      { begin: NOW - 23 * HOUR },
      { begin: null },
      { status: 'ok' },
      { status: 'waiting' },
      { host: null, pid: null },
    );
    await log(1n, NOW - 48 * HOUR);
    await artifact(1n, NOW - 25 * HOUR);
    await log(2n, NOW - HOUR);
    await log(2n, NOW - 70 * HOUR);
    await artifact(3n, NOW - HOUR);
    const result = await done(staleJobs, onDuty(database.engine));
    expect(result.steps).toMatchObject([
      { count: 4, detail: 'running, but without a sign of life: set to failed' },
    ]);
    expect(await statuses()).toEqual([
      'failed',
      'running',
      'running',
      'failed',
      'running',
      'failed',
      'ok',
      'waiting',
      'failed',
    ]);
  });

  test('is not one whose process lives, however long it is silent', async () => {
    const here = { host: thisHost(), pid: process.ppid, begin: Date.now() + 1 };
    await make(here);
    await planned(staleJobs, onDuty(database.engine, { now: Date.now() + 900 * 24 * HOUR }));
    expect(
      (await done(staleJobs, onDuty(database.engine, { now: Date.now() + 900 * 24 * HOUR }))).steps,
    ).toEqual([]);
  });

  test('keeps an end that it has', async () => {
    await make({});
    await db()
      .updateTable('job')
      .set({ end: utc(NOW - 71 * HOUR) })
      .execute();
    await done(staleJobs, onDuty(database.engine));
    expect(await db().selectFrom('job').select(['status', 'end']).execute()).toEqual([
      { status: 'failed', end: utc(NOW - 71 * HOUR) },
    ]);
  });

  test('is canceled where it waits for a run template that is inactive or gone', async () => {
    const waiting = { status: 'waiting', begin: null, created: NOW - 2 * HOUR };
    await make(
      { ...waiting, template: 2n },
      { ...waiting, template: 1n },
      { ...waiting, template: null },
      { ...waiting, template: 2n, created: NOW - 50 * MINUTE },
    );
    const result = await done(staleJobs, onDuty(database.engine));
    expect(result.steps).toEqual([
      {
        action: 'correct',
        what: 'job',
        count: 1,
        detail: 'waiting, but their run template is inactive or gone: canceled',
      },
    ]);
    expect(await statuses()).toEqual(['canceled', 'waiting', 'waiting', 'waiting']);
    expect(await logs()).toMatchObject(
      [{ job_id: 1n, venue: 'housekeeper', message: /canceled/ }].map(({ job_id, venue }) => ({
        job_id,
        venue,
      })),
    );
  });

  testWhere(name !== 'postgresql')(
    'is canceled where its run template is gone, which foreign keys would not let go',
    async () => {
      await db()
        .insertInto('run_template')
        .values({ id: 9n, app_id: 1n, company_id: 1n, name: 'To go' })
        .execute();
      await make({ status: 'waiting', template: 9n });
      const off =
        name === 'sqlite'
          ? ['pragma foreign_keys = off', 'pragma foreign_keys = on']
          : ['set foreign_key_checks = 0', 'set foreign_key_checks = 1'];
      await db()
        .connection()
        .execute(async (session) => {
          await sql.raw(off[0] ?? '').execute(session);
          await session.deleteFrom('run_template').where('id', '=', 9n).execute();
          await sql.raw(off[1] ?? '').execute(session);
        });
      await done(staleJobs, onDuty(database.engine));
      expect(await statuses()).toEqual(['canceled']);
    },
  );

  test('is not made by absurd dates, and they stop nobody', async () => {
    const extreme = database.engine.capabilities.extremeInstants;
    const far = extreme ? 'infinity' : '9999-12-31 23:59:59.000000';
    const long = extreme ? '-infinity' : '1000-01-01 00:00:00.000000';
    await make(
      { created: far, begin: null },
      { created: far, begin: far },
      { begin: far },
      { created: long, begin: null },
      { created: NOW, begin: long },
      { status: 'waiting', created: long, template: 2n },
      { status: 'waiting', created: far, template: 2n },
      { created: NOW, begin: far, host: thisHost(), pid: gone },
      { host: thisHost(), pid: process.ppid, begin: long },
    );
    await done(staleJobs, onDuty(database.engine));
    expect((await statuses()).slice(0, 8)).toEqual([
      'running',
      'running',
      'failed',
      'failed',
      'failed',
      'canceled',
      'waiting',
      'running',
    ]);
  });

  testWhere(name === 'mysql' || name === 'mariadb')(
    'is found among dates of zeros that another session has written',
    async () => {
      await make({}, { status: 'waiting', template: 2n });
      await db()
        .connection()
        .execute(async (session) => {
          await sql`set session sql_mode = ''`.execute(session);
          await sql`update job set DatCreate = '0000-00-00 00:00:00', begin = null`.execute(session);
          await sql`set session sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE'`.execute(session);
        });
      await done(staleJobs, onDuty(database.engine));
      expect(await statuses()).toEqual(['failed', 'canceled']);
    },
  );

  test('is asked again at the write: what has ended, logged or been activated since stays as it is', async () => {
    const waiting = { status: 'waiting', template: 2n };
    await make({}, {}, {}, waiting, waiting, {});
    const plan = await staleJobs.plan(onDuty(database.engine));
    const other = await database.open();
    ends.push(() => other.close());
    const elsewhere = other.kysely<Database>();
    await elsewhere.updateTable('job').set({ status: 'ok' }).where('id', '=', 1n).execute();
    await elsewhere.insertInto('logger').values({ job_id: 2n, message: 'at work' }).execute();
    await elsewhere.insertInto('artifacts').values({ job_id: 3n, filename: 'a.txt' }).execute();
    await elsewhere
      .updateTable('job')
      .set({ status: 'running', begin: utc(NOW) })
      .where('id', '=', 4n)
      .execute();
    await elsewhere.updateTable('job').set({ run_template_id: 1n }).where('id', '=', 5n).execute();
    expect((await plan.run()).steps).toMatchObject([{ count: 1 }]);
    expect(await statuses()).toEqual(['ok', 'running', 'running', 'running', 'waiting', 'failed']);
    expect((await logs()).filter(({ venue }) => venue === 'housekeeper').map(({ job_id }) => job_id)).toEqual(
      [6n],
    );
  });

  testWhere(name !== 'sqlite').each([
    ['has set its status', sql`update job set status = 'ok' where id = 1`],
    ['writes a log entry of it', sql`insert into logger (job_id, message) values (1, 'at work')`],
  ])('is passed over while another session %s', async (_, statement) => {
    await make({}, {});
    const other = await database.open();
    ends.push(() => other.close());
    const end = await holding(other, (held) => statement.execute(held as never));
    const plan = await staleJobs.plan(onDuty(database.engine));
    const result = await plan.run();
    await end();
    expect(result.steps).toMatchObject([{ count: 1 }]);
    expect((await statuses())[0]).not.toBe('failed');
    expect((await statuses())[1]).toBe('failed');
    // Nothing of it is left half done.
    expect((await planned(staleJobs, onDuty(database.engine))).steps).toEqual([]);
  });

  test('is settled with its log entry or not at all', async () => {
    await make({});
    const lost = new Error('lost');
    const plan = await staleJobs.plan(
      onDuty(database.engine, {
        fence: { hold: async () => Promise.reject(lost), signal: new AbortController().signal },
      }),
    );
    await expect(plan.run()).rejects.toBe(lost);
    expect([await statuses(), await logs()]).toEqual([['running'], []]);
  });

  test('is left for the next time when the time is up', async () => {
    await make(...Array.from({ length: 120 }, () => ({})));
    const ended = new AbortController();
    let transactions = 0;
    const fence = {
      hold: async () => void (++transactions === 2 && ended.abort()),
      signal: new AbortController().signal,
    };
    const plan = await staleJobs.plan(onDuty(database.engine, { fence, signal: ended.signal }));
    expect(await plan.run()).toMatchObject({ steps: [{ count: 100 }], stopped: 'interrupted', backlog: 20 });
    expect(await (await staleJobs.plan(onDuty(database.engine, { timeBudgetMs: 0 }))).run()).toMatchObject({
      steps: [],
      stopped: 'time budget',
      backlog: 20,
    });
    expect((await done(staleJobs, onDuty(database.engine))).steps).toMatchObject([{ count: 20 }]);
  });

  test('is found beyond what a run looks at, by the next one', async () => {
    await make(
      ...Array.from({ length: 5_210 }, (_, n): Made => ({ created: NOW - 72 * HOUR + n, begin: NOW })),
      {},
    );
    await db()
      .updateTable('job')
      .set({ begin: utc(NOW - 60 * HOUR) })
      .where('id', '=', 5_205n)
      .execute();
    const plan = await planned(staleJobs, onDuty(database.engine));
    expect(plan.steps).toMatchObject([{ count: 1 }]);
    expect(plan.position).toMatchObject({ running: { id: '4999' } });
    await plan.run();
    expect(
      (await done(staleJobs, onDuty(database.engine, { position: kept(plan.position) }))).steps,
    ).toMatchObject([{ count: 1 }]);
    expect(
      (await db().selectFrom('job').select('id').where('status', '=', 'failed').orderBy('id').execute()).map(
        ({ id }) => id,
      ),
    ).toEqual([5_205n, 5_211n]);
  });
});
