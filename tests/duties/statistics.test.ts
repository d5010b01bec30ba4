/** Statistics are made where the engine's own rule says so, once, and by nobody who may not. */
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { statistics } from '../../src/tasks/duties/statistics.ts';
import { dutyContext, planAndRun, statementsOf } from '../harness/duty.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { asAccount } from '../harness/role.ts';

describeEngines('the duty of statistics', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  const isInnodb = name === 'mysql' || name === 'mariadb';
  beforeEach(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    // So that the engine itself is not quicker than the test.
    if (isInnodb) await run('alter table user stats_auto_recalc = 0', 'select 1 from user limit 1');
    if (name === 'postgresql') await run('alter table "user" set (autovacuum_enabled = false)');
    await engine.analyze('installation');
  });
  afterEach(() => database.drop());

  async function run(...statements: readonly string[]): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(engine.kysely());
  }

  async function fill(): Promise<void> {
    await engine.bulkLoad({
      table: 'user',
      columns: ['login'],
      rows: Array.from({ length: 2_000 }, (_, n) => [`user ${n}`]),
    });
  }

  test('makes those of a table that was filled, and has nothing to do afterwards', async () => {
    await planAndRun(statistics, dutyContext(engine));
    const empty = await statementsOf(database, statistics);
    expect(empty.plan.steps).toEqual([]);
    expect(empty.statements.length).toBeLessThanOrEqual(2);
    await fill();
    const { plan } = await planAndRun(statistics, dutyContext(engine));
    expect(plan.steps).toEqual([{ action: 'analyze', what: 'table', count: 1, detail: 'user' }]);
    const again = await planAndRun(statistics, dutyContext(engine));
    expect(again.plan.steps).toEqual([]);
    const rows = {
      sqlite: "select 1 from sqlite_stat1 where tbl = 'user'",
      postgresql: "select 1 from pg_stats where tablename = 'user'",
    };
    if (name === 'sqlite' || name === 'postgresql')
      expect((await sql.raw(rows[name]).execute(engine.kysely())).rows.length).toBeGreaterThan(0);
  });

  test('stops between two tables, and says so', async () => {
    await fill();
    const plan = await statistics
      .plan(dutyContext(engine, { signal: AbortSignal.abort(new Error('stop')) }))
      .catch((error: Error) => error.message);
    if (typeof plan === 'string') expect(plan).toBe('stop');
    else expect(await plan.run()).toMatchObject({ steps: [], stopped: 'interrupted' });
  });

  if (isInnodb)
    test('says that it does not know, rather than that nothing has changed', async () => {
      await fill();
      await asAccount(name, database.settings, 'select, insert, update, delete', async (account) => {
        const plan = await statistics.plan(dutyContext(account));
        expect(plan.steps).toEqual([]);
        expect(plan.note).toMatch(/It is not known .*PROCESS/);
      });
    });

  if (name === 'postgresql')
    test('says that it does not know, rather than that nothing has changed', async () => {
      await fill();
      await planAndRun(statistics, dutyContext(engine));
      await run('select pg_stat_reset()');
      const plan = await statistics.plan(dutyContext(engine));
      expect(plan.steps).toEqual([]);
      expect(plan.note).toMatch(/It is not known .*user has counters that are all zero/);
    });
});
