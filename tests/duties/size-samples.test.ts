/** Sizes are recorded once an hour, thinned with the years, and never cost what reading a large file costs. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Engine, utc } from '../../src/engines/index.ts';
import { ofDay, spanQuery } from '../../src/maintenance/size-samples.ts';
import type { Database } from '../../src/schema/index.ts';
import { sizeSamples } from '../../src/tasks/duties/size-samples.ts';
import { DAY, dutyContext, HOUR_MS, planAndRun, statementsOf } from '../harness/duty.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { expectIndex } from '../harness/explained.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';

const NOW = Date.UTC(2026, 10, 27, 6, 0, 0);

describeEngines('size samples', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeEach(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
  });
  afterEach(() => database.drop());

  const samples = () =>
    engine
      .kysely<Database>()
      .selectFrom('size_sample')
      .select(['taken_at', 'table_name'])
      .orderBy('id')
      .execute();

  async function haveSamples(instants: readonly number[]): Promise<void> {
    await engine.bulkLoad({
      table: 'size_sample',
      columns: ['taken_at', 'table_name', 'rows_exact', 'total_bytes'],
      rows: instants.flatMap((at) => [
        [utc(at), '', false, 1n],
        [utc(at), 'job', false, 1n],
      ]),
    });
  }

  test('are of every table and of the whole, and are not taken twice in an hour', async () => {
    const { plan, result } = await planAndRun(sizeSamples, dutyContext(engine, { now: NOW }));
    const tables = await engine.tableNames();
    expect(plan.steps).toMatchObject([{ action: 'record', what: 'size sample' }]);
    const taken = await samples();
    expect(new Set(taken.map(({ taken_at }) => taken_at))).toEqual(new Set([utc(NOW)]));
    expect(new Set(taken.map(({ table_name }) => table_name))).toEqual(new Set(['', ...tables]));
    const whole = await engine
      .kysely<Database>()
      .selectFrom('size_sample')
      .selectAll()
      .where('table_name', '=', '')
      .executeTakeFirstOrThrow();
    expect(whole.total_bytes).toBeGreaterThan(0n);
    expect(whole.disk_free === null).toBe(name !== 'sqlite');
    expect(whole.row_count).toBeNull();

    const again = await planAndRun(
      sizeSamples,
      dutyContext(engine, { now: NOW + 49 * 60_000, position: result.position }),
    );
    expect(again.plan.steps).toEqual([]);
    const later = await planAndRun(sizeSamples, dutyContext(engine, { now: NOW + HOUR_MS }));
    expect(later.plan.steps[0]?.action).toBe('record');
  });

  if (name === 'sqlite')
    test('of a large file are estimated for the tables: exact ones would take reading all of it', async () => {
      await makeCompany(engine);
      await makeHistory(engine, [{ id: 1n, status: 'ok', minute: 0, artifacts: 0, logs: 0 }], []);
      const content = Buffer.alloc(17 * 1024 * 1024);
      await engine.bulkLoad({
        table: 'artifacts',
        columns: ['job_id', 'filename', 'content'],
        rows: [[1n, 'x', content]],
      });
      const { plan, statements } = await statementsOf(database, sizeSamples, { now: NOW });
      expect(plan.steps[0]?.count).toBe(1 + (await engine.tableNames()).length);
      expect(plan.note).toBeUndefined();
      expect(statements.join()).not.toMatch(/dbstat|count\(/);
      await planAndRun(sizeSamples, dutyContext(engine, { now: NOW }));
      const [artifacts] = await engine
        .kysely<Database>()
        .selectFrom('size_sample')
        .select(['data_bytes', 'total_bytes'])
        .where('table_name', '=', 'artifacts')
        .execute();
      // What lies outside of the rows is of them.
      expect(artifacts?.data_bytes).toBeGreaterThan(BigInt(content.length));
    });

  test('are not written by one who has lost the lease', async () => {
    const lost = new Error('the lease is lost');
    const fence = { hold: () => Promise.reject(lost), signal: new AbortController().signal };
    const plan = await sizeSamples.plan(dutyContext(engine, { now: NOW, fence }));
    await expect(plan.run()).rejects.toBe(lost);
    expect(await samples()).toEqual([]);
  });

  test('of the future, behind a clock that was wrong, keep none from being taken', async () => {
    await haveSamples([NOW + 300 * DAY]);
    const { plan } = await planAndRun(sizeSamples, dutyContext(engine, { now: NOW }));
    expect(plan.steps[0]?.action).toBe('record');
  });

  test('are kept hourly for two weeks, then one a day for two years', async () => {
    const day = Date.UTC(2026, 10, 14);
    const young = [day + HOUR_MS, day + 7 * HOUR_MS];
    const thinned = [day - DAY, day - DAY + HOUR_MS, day - DAY + 23 * HOUR_MS, day - 2 * DAY + 5 * HOUR_MS];
    await haveSamples([NOW - 731 * DAY, NOW - 728 * DAY, ...thinned, ...young]);
    let position: unknown;
    // A month of days at a time: the two years before are walked once.
    for (let cycle = 0; cycle < 24; cycle++) {
      const context = dutyContext(engine, { now: NOW + cycle * HOUR_MS, position });
      ({ position } = (await planAndRun(sizeSamples, context)).result);
    }
    const kept = (await samples()).filter(({ taken_at }) => taken_at < utc(NOW));
    expect([...new Set(kept.map(({ taken_at }) => taken_at))]).toEqual(
      [NOW - 728 * DAY, day - DAY, day - 2 * DAY + 5 * HOUR_MS, ...young].map(utc),
    );
    expect(kept.filter(({ table_name }) => table_name === 'job')).toHaveLength(5);
    expect(position).toEqual({ day: '2026-11-14' });
  });

  test('are asked for by one statement while the last one is young, through an index', async () => {
    await haveSamples([NOW]);
    const { plan, statements } = await statementsOf(database, sizeSamples, { now: NOW + 60_000 });
    expect(plan.steps).toEqual([]);
    expect(statements).toHaveLength(1);
    await haveSamples(Array.from({ length: 5_000 }, (_, n) => NOW - n * HOUR_MS));
    await engine.analyze('size_sample');
    await expectIndex(
      engine,
      spanQuery(utc(NOW)),
      /ix_size_sample_taken_at|rows_fetched_before_execution|optimized away/i,
    );
    await expectIndex(engine, ofDay(engine, '2026-11-01'), /ix_size_sample_taken_at/);
  });
});
