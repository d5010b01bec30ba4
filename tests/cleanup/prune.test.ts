/** Prune deletes what it should and nothing else: held against a model that has all rows in memory. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyPrune, type PruneRequest, planPrune } from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import type { Database, JobStatus } from '../../src/schema/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany, makeHistory, type TestJob, type TestLog } from '../harness/history.ts';

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
  }),
  { selector: (job) => job.id, maxLength: 40 },
);
const request = fc.record({ jobs: fc.boolean(), logs: fc.boolean(), keep: fc.integer({ min: 0, max: 45 }) });

describeEngines('prune', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;

  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
  });
  afterAll(() => database.drop());

  test('leaves what the model leaves, and the plan counted it to the row', { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        jobs,
        fc.array(minute, { maxLength: 30 }),
        request,
        async (history, general, wanted) => {
          const logs = await makeHistory(engine, history, general);
          const before = await counts(engine);
          const plan = await planPrune(engine, wanted);
          const result = await applyPrune(engine, plan, apply);
          expect(await remaining(engine)).toEqual(model(history, logs, wanted));
          const after = await counts(engine);
          for (const { table, rows } of plan.tables) {
            expect([table, before[table] - after[table]]).toEqual([table, rows]);
            expect(result.tables.find((line) => line.table === table)?.rows).toBe(rows);
          }
        },
      ),
      { numRuns: name === 'sqlite' ? 200 : 40 },
    );
  });

  test('keeps a job that was restarted between plan and apply, with all that is its', async () => {
    const history = Array.from(
      { length: 10 },
      (_, n): TestJob => ({ id: BigInt(n + 1), status: 'failed', minute: n, artifacts: 1, logs: 1 }),
    );
    await makeHistory(engine, history, []);
    const plan = await planPrune(engine, { jobs: true, logs: false, keep: 2 });
    await engine
      .kysely<Database>()
      .updateTable('job')
      .set({ status: 'running' })
      .where('id', '=', 3n)
      .execute();
    await applyPrune(engine, plan, apply);
    expect((await remaining(engine)).jobs).toEqual([3n, 9n, 10n]);
    const kept = await engine
      .kysely<Database>()
      .selectFrom('artifacts')
      .select('job_id')
      .orderBy('job_id')
      .execute();
    expect(kept.map((row) => row.job_id)).toEqual([3n, 9n, 10n]);
  });

  test.runIf(name !== 'sqlite')(
    'keeps a job that is restarted between the reading of its id and its deletion',
    async () => {
      // SQLite has one writer at a time: nobody can come in between there.
      const history = Array.from(
        { length: 10 },
        (_, n): TestJob => ({ id: BigInt(n + 1), status: 'failed', minute: n, artifacts: 1, logs: 1 }),
      );
      await makeHistory(engine, history, []);
      const plan = await planPrune(engine, { jobs: true, logs: false, keep: 2 });
      const platform = await database.open();
      let pruning: Promise<unknown> | undefined;
      await platform
        .kysely<Database>()
        .transaction()
        .execute(async (transaction) => {
          await transaction.updateTable('job').set({ status: 'running' }).where('id', '=', 3n).execute();
          pruning = applyPrune(engine, plan, apply);
          // Until the prune stands before the row: it has read the id, and the restart is not committed.
          await new Promise((resolve) => setTimeout(resolve, 700));
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
    const plan = await planPrune(engine, { jobs: true, logs: true, keep: 0 });
    await engine.bulkLoad({
      table: 'job',
      columns: ['id', 'app_id', 'company_id', 'status', 'DatCreate'],
      rows: [
        [2n, 1n, 1n, 'ok', at(1)],
        [3n, 1n, 1n, 'ok', at(9)],
      ],
    });
    await applyPrune(engine, plan, apply);
    expect((await remaining(engine)).jobs).toEqual([2n, 3n]);
  });

  test('on an empty database does nothing', async () => {
    await makeHistory(engine, [], []);
    const plan = await planPrune(engine, { jobs: true, logs: true, keep: 0 });
    expect(plan.tables.map((table) => table.rows)).toEqual([0, 0, 0]);
    expect((await applyPrune(engine, plan, apply)).tables.map((table) => table.rows)).toEqual([0, 0, 0]);
  });

  test('stopped by a signal ends whole, and the next run goes on', async () => {
    const history = Array.from(
      { length: 3_000 },
      (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n, artifacts: 1, logs: 1 }),
    );
    await makeHistory(engine, history, []);
    const plan = await planPrune(engine, { jobs: true, logs: false, keep: 10 });
    const stop = new AbortController();
    const first = await applyPrune(engine, plan, {
      ...apply,
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    expect(first.stopped).toBe(true);
    const deleted = first.tables.find((line) => line.table === 'job')?.rows ?? 0;
    expect(deleted).toBeGreaterThan(0);
    expect(deleted).toBeLessThan(2_990);
    expect((await counts(engine)).artifacts).toBe(3_000 - deleted);
    await applyPrune(engine, await planPrune(engine, { jobs: true, logs: false, keep: 10 }), apply);
    expect(await counts(engine)).toEqual({ job: 10, artifacts: 10, logger: 10 });
  });

  test('two at once do not get in: the second is told who is at work', async () => {
    const lock = await engine.lock({ name: 'prune', program: 'prune', waitMs: 0 });
    const plan = await planPrune(engine, { jobs: true, logs: true, keep: 1 });
    await expect(applyPrune(engine, plan, apply)).rejects.toMatchObject({ code: 'LOCKED' });
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

/** What the page says, said once more in the plainest way. */
function model(history: readonly TestJob[], logs: readonly TestLog[], wanted: PruneRequest) {
  const keptJobs = [...history]
    .sort(newestFirst)
    .filter(
      (job, place) =>
        !wanted.jobs || place < wanted.keep || job.status === 'waiting' || job.status === 'running',
    );
  const ids = new Set(keptJobs.map((job) => job.id));
  const keptLogs = [...logs]
    .sort(newestFirst)
    .filter((_, place) => !wanted.logs || place < wanted.keep)
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
        jobs: true,
        logs: true,
        keep: 1,
      }).jobs,
    ).toEqual([2n, 4n]);
  });
});
