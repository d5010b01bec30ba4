/** Prune deletes what it should and nothing else: held against a model that has all rows in memory. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyPurge, planPurge, type RuleBook, sameForAll } from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import { type Database, FINISHED, type JobStatus } from '../../src/schema/index.ts';
import { describeEngines, migratedDatabase, testWhere } from '../harness/engines.ts';
import {
  at,
  companyOf,
  makeCompany,
  makeHistory,
  type TestJob,
  type TestLog,
  templateOf,
} from '../harness/history.ts';
import { tries } from '../harness/tries.ts';

const STATUSES: readonly JobStatus[] = ['waiting', 'running', 'ok', 'failed', 'canceled'];
const apply = { program: 'prune', waitMs: 0 };

/** Few minutes, so that many rows share one and the id decides. */
const minute = fc.integer({ min: 0, max: 12 });
const jobs = fc.uniqueArray(
  fc.record({
    id: fc.bigInt({ min: 1n, max: 500n }),
    status: fc.constantFrom(...STATUSES),
    minute,
    artifacts: fc.integer({ min: 0, max: 3 }),
    logs: fc.integer({ min: 0, max: 3 }),
    template: fc.constantFrom(1n, 1n, 2n, 3n, null),
    company: fc.constantFrom(undefined, undefined, undefined, 1n, 2n),
  }),
  { selector: (job) => job.id, maxLength: 40 },
);
const few = fc.option(fc.integer({ min: 0, max: 45 }));
const wish = fc
  .record({
    jobs: fc.boolean(),
    logs: fc.boolean(),
    keep: few,
    keepPerTemplate: fc.option(fc.integer({ min: 0, max: 8 })),
    keepLastSuccess: fc.boolean(),
    olderThan: fc.option(minute),
    statuses: fc.subarray([...FINISHED], { minLength: 1 }),
    company: fc.constantFrom(null, null, 1n, 2n),
    held: fc.record({
      job: fc.option(fc.bigInt({ min: 1n, max: 500n }), { freq: 1 }),
      template: fc.constantFrom(null, null, null, 1n, 3n),
      company: fc.constantFrom(null, null, null, null, 2n),
    }),
  })
  .filter(
    ({ keep, keepPerTemplate, olderThan }) => keep !== null || keepPerTemplate !== null || olderThan !== null,
  );
type Wish = typeof wish extends fc.Arbitrary<infer T> ? T : never;

function bookOf({ jobs: ofJobs, logs, keep, company, ...rule }: Wish): RuleBook {
  const olderThan = rule.olderThan === null ? null : at(rule.olderThan);
  return sameForAll(
    company,
    ofJobs
      ? {
          keep,
          keepPerTemplate: rule.keepPerTemplate,
          keepLastSuccess: rule.keepLastSuccess,
          olderThan,
          statuses: rule.statuses,
        }
      : undefined,
    logs ? { keep, keepPerCompany: null, olderThan } : undefined,
  );
}

function keepNewest(what: { jobs: boolean; logs: boolean; keep: number }): RuleBook {
  const nothing = { olderThan: null, keepPerTemplate: null, keepLastSuccess: false, company: null };
  return bookOf({
    ...what,
    ...nothing,
    statuses: [...FINISHED],
    held: { job: null, template: null, company: null },
  });
}

describeEngines('prune', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;

  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
  });
  afterAll(() => database.drop());

  async function hold({ job, template, company }: Wish['held'], history: readonly TestJob[]): Promise<void> {
    const db = engine.kysely<Database>();
    await db.deleteFrom('retention_hold').execute();
    const known = job !== null && history.some(({ id }) => id === job) ? job : null;
    const holds = [
      ...(known === null ? [] : [{ job_id: known }]),
      ...(template === null ? [] : [{ run_template_id: template }]),
      ...(company === null ? [] : [{ company_id: company }]),
      // One that is over holds nothing.
      { company_id: 1n, until: at(0) },
    ];
    for (const one of holds)
      await db
        .insertInto('retention_hold')
        .values({ ...one, reason: 'tested' })
        .execute();
  }

  test('leaves what the model leaves, and the plan counted it to the row', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        jobs,
        fc.array(minute, { maxLength: 30 }),
        wish,
        fc.boolean(),
        async (history, general, wanted, inTurns) => {
          const logs = await makeHistory(engine, history, general);
          await hold(wanted.held, history);
          const before = await counts(engine);
          const plan = await planPurge(engine, bookOf(wanted));
          // Owners are walked in turns, or by age where that reads little else.
          const result = await applyPurge(engine, plan, { ...apply, inTurns });
          expect(await remaining(engine)).toEqual(model(history, logs, wanted));
          const after = await counts(engine);
          for (const table of ['job', 'artifacts', 'logger'] as const) {
            const planned = plan.tables.find((line) => line.table === table)?.rows;
            expect([table, before[table] - after[table]]).toEqual([table, planned]);
            expect([table, result.tables.find((line) => line.table === table)?.rows]).toEqual([
              table,
              planned,
            ]);
          }
        },
      ),
      { numRuns: tries(name === 'sqlite' ? 300 : 60) },
    );
    await engine.kysely<Database>().deleteFrom('retention_hold').execute();
  });

  test('keeps what was held between plan and apply', async () => {
    const history = Array.from(
      { length: 10 },
      (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n, artifacts: 1, logs: 1 }),
    );
    await makeHistory(engine, history, []);
    const plan = await planPurge(engine, keepNewest({ jobs: true, logs: true, keep: 2 }));
    const db = engine.kysely<Database>();
    await db.insertInto('retention_hold').values({ job_id: 4n, reason: 'tested' }).execute();
    await applyPurge(engine, plan, apply);
    expect((await remaining(engine)).jobs).toEqual([4n, 9n, 10n]);
    const logs = await db.selectFrom('logger').select('job_id').orderBy('job_id').execute();
    expect(logs.map(({ job_id }) => job_id)).toEqual([4n, 9n, 10n]);
    await db.deleteFrom('retention_hold').execute();
  });

  test('a job with more children than a chunk holds goes whole', async () => {
    await makeHistory(
      engine,
      [
        { id: 1n, status: 'ok', minute: 1, artifacts: 4_100, logs: 2_050 },
        { id: 2n, status: 'ok', minute: 2, artifacts: 1, logs: 1 },
      ],
      [],
    );
    const plan = await planPurge(engine, keepNewest({ jobs: true, logs: false, keep: 1 }));
    const result = await applyPurge(engine, plan, apply);
    expect(await counts(engine)).toEqual({ job: 1, artifacts: 1, logger: 1 });
    expect(result.tables).toContainEqual({ table: 'artifacts', rows: 4_100 });
  });

  test('jobs with very large artifacts go in several transactions, and whole', async () => {
    const MEBIBYTE = 1024 * 1024;
    const jobs = [1n, 2n, 3n, 4n].map(
      (id): TestJob => ({ id, status: 'ok', minute: Number(id), artifacts: 0, logs: 1 }),
    );
    await makeHistory(engine, jobs, []);
    await engine.bulkLoad({
      table: 'artifacts',
      columns: ['job_id', 'filename', 'content', 'created_at'],
      rows: [1n, 2n, 2n, 2n, 3n].flatMap((job, n) =>
        [1, 2, 3].map((part) => [job, `${n}-${part}.bin`, Buffer.alloc(3 * MEBIBYTE, n), at(1)]),
      ),
    });
    const plan = await planPurge(engine, keepNewest({ jobs: true, logs: false, keep: 1 }));
    const result = await applyPurge(engine, plan, apply);
    // The second is emptied before; the first and the third are too large to go together.
    expect(result.chunks).toBe(2);
    expect(await counts(engine)).toEqual({ job: 1, artifacts: 0, logger: 1 });
  });

  test('keeps a job that was restarted between plan and apply, with all that is its', async () => {
    const history = Array.from(
      { length: 10 },
      (_, n): TestJob => ({ id: BigInt(n + 1), status: 'failed', minute: n, artifacts: 1, logs: 1 }),
    );
    await makeHistory(engine, history, []);
    const plan = await planPurge(engine, keepNewest({ jobs: true, logs: false, keep: 2 }));
    await engine
      .kysely<Database>()
      .updateTable('job')
      .set({ status: 'running' })
      .where('id', '=', 3n)
      .execute();
    await applyPurge(engine, plan, apply);
    expect((await remaining(engine)).jobs).toEqual([3n, 9n, 10n]);
    const kept = await engine
      .kysely<Database>()
      .selectFrom('artifacts')
      .select('job_id')
      .orderBy('job_id')
      .execute();
    expect(kept.map((row) => row.job_id)).toEqual([3n, 9n, 10n]);
  });

  testWhere(name !== 'sqlite')(
    'keeps a job that is restarted between the reading of its id and its deletion',
    async () => {
      // SQLite has one writer at a time: nobody can come in between there.
      const history = Array.from(
        { length: 10 },
        (_, n): TestJob => ({ id: BigInt(n + 1), status: 'failed', minute: n, artifacts: 1, logs: 1 }),
      );
      await makeHistory(engine, history, []);
      const plan = await planPurge(engine, keepNewest({ jobs: true, logs: false, keep: 2 }));
      const platform = await database.open();
      const { promise: othersAreGone, resolve: tellProgress } = Promise.withResolvers<void>();
      let pruning: Promise<unknown> | undefined;
      await platform
        .kysely<Database>()
        .transaction()
        .execute(async (transaction) => {
          await transaction.updateTable('job').set({ status: 'running' }).where('id', '=', 3n).execute();
          pruning = applyPurge(engine, plan, {
            ...apply,
            onProgress: ({ deleted }) => {
              if (deleted === 7 * 3) tellProgress();
            },
          });
          // By then it has read the id, and passed the row over as locked: the restart is not committed.
          await othersAreGone;
        });
      await pruning;
      await platform.close();
      expect((await remaining(engine)).jobs).toEqual([3n, 9n, 10n]);
      const kept = await engine
        .kysely<Database>()
        .selectFrom('artifacts')
        .select('job_id')
        .orderBy('job_id')
        .execute();
      expect(kept.map((row) => row.job_id)).toEqual([3n, 9n, 10n]);
    },
  );

  test('deletes nothing that came after the plan', async () => {
    await makeHistory(engine, [{ id: 1n, status: 'ok', minute: 1, artifacts: 0, logs: 0 }], []);
    const plan = await planPurge(engine, keepNewest({ jobs: true, logs: true, keep: 0 }));
    await engine.bulkLoad({
      table: 'job',
      columns: ['id', 'app_id', 'company_id', 'status', 'DatCreate'],
      rows: [
        [2n, 1n, 1n, 'ok', at(1)],
        [3n, 1n, 1n, 'ok', at(9)],
      ],
    });
    await applyPurge(engine, plan, apply);
    expect((await remaining(engine)).jobs).toEqual([2n, 3n]);
  });

  test('plans and deletes nothing in an empty database', async () => {
    await makeHistory(engine, [], []);
    const plan = await planPurge(engine, keepNewest({ jobs: true, logs: true, keep: 0 }));
    expect(plan.tables.map((table) => table.rows)).toEqual([0, 0, 0]);
    expect((await applyPurge(engine, plan, apply)).tables.map((table) => table.rows)).toEqual([0, 0, 0]);
  });

  test('stopped by a signal ends whole, and the next run goes on', async () => {
    const history = Array.from(
      { length: 3_000 },
      (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n, artifacts: 1, logs: 1 }),
    );
    await makeHistory(engine, history, []);
    const plan = await planPurge(engine, keepNewest({ jobs: true, logs: false, keep: 10 }));
    const stop = new AbortController();
    const first = await applyPurge(engine, plan, {
      ...apply,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    expect(first.stopped).toBe('interrupted');
    const deleted = first.tables.find((line) => line.table === 'job')?.rows ?? 0;
    expect(deleted).toBeGreaterThan(0);
    expect(deleted).toBeLessThan(2_990);
    expect((await counts(engine)).artifacts).toBe(3_000 - deleted);
    await applyPurge(
      engine,
      await planPurge(engine, keepNewest({ jobs: true, logs: false, keep: 10 })),
      apply,
    );
    expect(await counts(engine)).toEqual({ job: 10, artifacts: 10, logger: 10 });
  });

  test('two at once do not get in: the second is told who is at work', async () => {
    const lock = await engine.lock({ name: 'prune', program: 'prune', waitMs: 0 });
    const plan = await planPurge(engine, keepNewest({ jobs: true, logs: true, keep: 1 }));
    await expect(applyPurge(engine, plan, apply)).rejects.toMatchObject({ code: 'LOCKED' });
    await lock.release();
  });
});

async function counts(engine: Engine) {
  const db = engine.kysely<Database>();
  const of = async (table: 'job' | 'artifacts' | 'logger') =>
    Number(
      (
        await db
          .selectFrom(table)
          .select(({ fn }) => fn.countAll<bigint>().as('n'))
          .executeTakeFirstOrThrow()
      ).n,
    );
  return { job: await of('job'), artifacts: await of('artifacts'), logger: await of('logger') };
}

async function remaining(engine: Engine) {
  const db = engine.kysely<Database>();
  const ids = async (table: 'job' | 'logger') =>
    (await db.selectFrom(table).select('id').orderBy('id').execute()).map((row) => row.id);
  return { jobs: await ids('job'), logs: await ids('logger') };
}

interface Aged {
  readonly id: bigint;
  readonly minute: number;
}

const newestFirst = (a: Aged, b: Aged) => b.minute - a.minute || (a.id < b.id ? 1 : -1);
const ascending = (a: bigint, b: bigint) => (a < b ? -1 : 1);

/** The rules, said once more in the plainest way. */
function model(history: readonly TestJob[], logs: readonly TestLog[], wanted: Wish) {
  const { held } = wanted;
  const isHeld = (job: TestJob) =>
    job.id === held.job ||
    companyOf(job) === held.company ||
    (held.template !== null && templateOf(job) === held.template);
  const byAge = [...history].sort(newestFirst);
  const ofTemplate = (job: TestJob) => byAge.filter((other) => templateOf(other) === templateOf(job));
  const keptJobs = byAge.filter((job, place) => {
    if (!wanted.jobs || job.status === 'waiting' || job.status === 'running' || isHeld(job)) return true;
    if (wanted.company !== null && companyOf(job) !== wanted.company) return true;
    if (!wanted.statuses.includes(job.status)) return true;
    if (wanted.olderThan !== null && job.minute >= wanted.olderThan) return true;
    if (wanted.keep !== null && place < wanted.keep) return true;
    // Jobs of no run template are none of its newest.
    if (templateOf(job) === null) return wanted.keep === null && wanted.olderThan === null;
    if (wanted.keepPerTemplate !== null && ofTemplate(job).indexOf(job) < wanted.keepPerTemplate) return true;
    return wanted.keepLastSuccess && ofTemplate(job).find(({ status }) => status === 'ok') === job;
  });
  const ids = new Set(keptJobs.map((job) => job.id));
  const heldJobs = new Set(history.filter(isHeld).map(({ id }) => id));
  const keptLogs = [...logs]
    .sort(newestFirst)
    .filter((log, place) => {
      if (!wanted.logs || (log.job !== null && heldJobs.has(log.job))) return true;
      if (wanted.company !== null && log.company !== wanted.company) return true;
      if (held.company !== null && log.company === held.company) return true;
      if (wanted.keep === null && wanted.olderThan === null) return true;
      if (wanted.olderThan !== null && log.minute >= wanted.olderThan) return true;
      return wanted.keep !== null && place < wanted.keep;
    })
    .filter((log) => log.job === null || ids.has(log.job));
  return { jobs: [...ids].sort(ascending), logs: keptLogs.map((log) => log.id).sort(ascending) };
}

describe('the model itself', () => {
  test('keeps the newest and the unfinished', () => {
    const job = (id: bigint, status: JobStatus): TestJob => ({
      id,
      status,
      minute: Number(id),
      artifacts: 0,
      logs: 0,
    });
    expect(
      model([job(1n, 'ok'), job(2n, 'waiting'), job(3n, 'failed'), job(4n, 'ok')], [], {
        ...{
          jobs: true,
          logs: true,
          keep: 1,
          keepPerTemplate: null,
          keepLastSuccess: false,
          olderThan: null,
        },
        ...{ statuses: [...FINISHED], company: null, held: { job: null, template: null, company: null } },
      }).jobs,
    ).toEqual([2n, 4n]);
  });
});
