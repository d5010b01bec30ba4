/** The counters of run templates: true after a round, whatever was in them, and never at the price of counting all jobs. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { utc } from '../../src/engines/index.ts';
import { MOST_ENTRIES } from '../../src/maintenance/counters.ts';
import type { Database, JobStatus } from '../../src/schema/index.ts';
import { counters } from '../../src/tasks/duties/counters.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory, type TestJob } from '../harness/history.ts';
import { analyze, done, HOUR, kept, NOW, onDuty, planned } from '../harness/on-duty.ts';

describeEngines('the counters of run templates', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    await makeCompany(database.engine);
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    await makeHistory(database.engine, [], []);
    await database.engine.kysely<Database>().deleteFrom('run_template').where('id', '>', 3n).execute();
    await database.engine
      .kysely<Database>()
      .updateTable('run_template')
      .set({ successful_jobs: null, failed_jobs: null })
      .execute();
  });

  const job = (id: number, status: JobStatus, template: bigint | null, minute = 0): TestJob => ({
    id: BigInt(id),
    status,
    template,
    minute,
    artifacts: 0,
    logs: 0,
  });
  const stored = async () =>
    (
      await database.engine
        .kysely<Database>()
        .selectFrom('run_template')
        .select(['id', 'successful_jobs', 'failed_jobs'])
        .orderBy('id')
        .execute()
    ).map((row) => [row.id, row.successful_jobs, row.failed_jobs]);
  const write = (id: bigint, successful_jobs: number | null, failed_jobs: number | null) =>
    database.engine
      .kysely<Database>()
      .updateTable('run_template')
      .set({ successful_jobs, failed_jobs })
      .where('id', '=', id)
      .execute();

  test('count what ended ok and what failed, and nothing else', async () => {
    const statuses: JobStatus[] = ['ok', 'ok', 'failed', 'waiting', 'running', 'canceled'];
    await makeHistory(
      database.engine,
      [...statuses.map((status, n) => job(n + 1, status, 1n)), job(7, 'failed', 3n), job(8, 'ok', null)],
      [],
    );
    const result = await done(counters, onDuty(database.engine));
    expect(result.steps).toEqual([
      { action: 'correct', what: 'run template', count: 3, detail: 'its counters of jobs' },
    ]);
    expect(await stored()).toEqual([
      [1n, 2, 1],
      [2n, 0, 0],
      [3n, 0, 1],
    ]);
    expect(result).toMatchObject({ stopped: null, position: undefined, note: undefined });
  });

  test('leave rows alone that are true', async () => {
    await makeHistory(database.engine, [job(1, 'ok', 1n)], []);
    await write(1n, 1, 0);
    await write(2n, 0, 0);
    await write(3n, 5, 0);
    expect((await done(counters, onDuty(database.engine))).steps).toMatchObject([{ count: 1 }]);
    expect((await planned(counters, onDuty(database.engine))).steps).toEqual([]);
    expect(await stored()).toEqual([
      [1n, 1, 0],
      [2n, 0, 0],
      [3n, 0, 0],
    ]);
  });

  test('are right again a round later where jobs went between count and write', async () => {
    await makeHistory(database.engine, [job(1, 'ok', 1n), job(2, 'ok', 1n)], []);
    const plan = await counters.plan(onDuty(database.engine));
    await database.engine.kysely<Database>().deleteFrom('job').where('id', '=', 2n).execute();
    await plan.run();
    expect((await stored())[0]).toEqual([1n, 2, 0]);
    await done(counters, onDuty(database.engine));
    expect((await stored())[0]).toEqual([1n, 1, 0]);
  });

  test('follow new jobs at once, wherever the round is', async () => {
    await makeHistory(database.engine, [job(1, 'ok', 1n)], []);
    await done(counters, onDuty(database.engine));
    await database.engine.bulkLoad({
      table: 'job',
      columns: ['id', 'run_template_id', 'app_id', 'company_id', 'status', 'DatCreate'],
      rows: [[2n, 1n, 1n, 1n, 'failed', utc(NOW - HOUR)]],
    });
    // The round goes on behind the run template.
    expect((await done(counters, onDuty(database.engine, { position: '2' }))).steps).toMatchObject([
      { count: 1 },
    ]);
    expect((await stored())[0]).toEqual([1n, 1, 1]);
  });

  test.each([['1 or 1=1'], [{ after: 1 }], [-1], ['99999999999999999999'], [null], ['9000000000000000000']])(
    'begin a round anew at a position that is none: %j',
    async (position) => {
      await makeHistory(database.engine, [job(1, 'ok', 1n)], []);
      expect((await done(counters, onDuty(database.engine, { position }))).steps).toMatchObject([
        { count: 3 },
      ]);
    },
  );

  test('are written in a time of nothing the next time', async () => {
    await makeHistory(database.engine, [job(1, 'ok', 1n)], []);
    const plan = await counters.plan(onDuty(database.engine, { timeBudgetMs: 0 }));
    expect(await plan.run()).toMatchObject({ steps: [], stopped: 'time budget', position: undefined });
    const interrupted = await counters.plan(onDuty(database.engine, { signal: AbortSignal.abort() }));
    expect(await interrupted.run()).toMatchObject({ steps: [], stopped: 'interrupted' });
    expect((await stored())[0]).toEqual([1n, null, null]);
    await done(counters, onDuty(database.engine));
    expect((await stored())[0]).toEqual([1n, 1, 0]);
  });

  test('are not written by one who has lost the lease', async () => {
    await makeHistory(database.engine, [job(1, 'ok', 1n)], []);
    const lost = new Error('lost');
    const fence = { hold: async () => Promise.reject(lost), signal: new AbortController().signal };
    const plan = await counters.plan(onDuty(database.engine, { fence }));
    await expect(plan.run()).rejects.toBe(lost);
    expect((await stored())[0]).toEqual([1n, null, null]);
  });

  describe('of many jobs', () => {
    beforeEach(async () => {
      await database.engine.bulkLoad({
        table: 'run_template',
        columns: ['id', 'app_id', 'company_id', 'name'],
        rows: Array.from({ length: 40 }, (_, n) => [BigInt(n + 10), 1n, 1n, `Number ${n}`]),
      });
      // Run template 1 has more than is counted at once, 2 nothing, and the others 600 each.
      await database.engine.bulkLoad({
        table: 'job',
        columns: ['id', 'run_template_id', 'app_id', 'company_id', 'status', 'DatCreate'],
        rows: Array.from({ length: MOST_ENTRIES + 10 + 24_000 }, (_, n) => [
          BigInt(n + 1),
          n < MOST_ENTRIES + 10 ? 1n : BigInt(10 + (n % 40)),
          1n,
          1n,
          n % 10 === 0 ? 'failed' : 'ok',
          utc(NOW - 100 * HOUR - n * 1_000),
        ]),
      });
      await analyze(database.engine);
    });

    test('are counted a stretch at a time, and in the end all of them', async () => {
      const first = await done(counters, onDuty(database.engine));
      expect(first).toMatchObject({
        position: '1',
        note: '42 run templates are left to be counted in this round.',
      });
      expect((await stored()).slice(0, 2)).toEqual([
        [1n, 45_009, 5_001],
        [2n, null, null],
      ]);
      let { position } = first;
      while (position !== undefined)
        ({ position } = await done(counters, onDuty(database.engine, { position: kept(position) })));
      const { rows } = await sql<{ id: bigint; ok: bigint; failed: bigint }>`
        select id, (select count(*) from job where run_template_id = run_template.id and status = 'ok') as ok,
          (select count(*) from job where run_template_id = run_template.id and status = 'failed') as failed
        from run_template order by id`.execute(database.engine.kysely<unknown>());
      expect(await stored()).toEqual(rows.map(({ id, ok, failed }) => [id, Number(ok), Number(failed)]));
    });

    test('leave a run template with very many jobs to its turn, whatever new ones it has', async () => {
      await write(1n, 45_009, 5_000);
      await write(10n, 540, 60);
      await database.engine.bulkLoad({
        table: 'job',
        columns: ['id', 'run_template_id', 'app_id', 'company_id', 'status', 'DatCreate'],
        rows: [1n, 10n].map((id) => [100_000n + id, id, 1n, 1n, 'ok', utc(NOW - HOUR)]),
      });
      await done(counters, onDuty(database.engine, { position: '48' }));
      const byId = new Map((await stored()).map(([id, ...counts]) => [id, counts]));
      // Of every forty jobs from the first one there are four that failed: all those of every tenth run template.
      expect([byId.get(1n), byId.get(10n)]).toEqual([
        [45_009, 5_000],
        [1, 600],
      ]);
    });
  });
});
