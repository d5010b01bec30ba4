/** Which tables get new statistics, and what is said of those of which nobody can know. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engine, utc } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { planAnalyze, runAnalyze } from '../../src/tasks/index.ts';
import { makeBulkyHistory } from '../harness/bulky-history.ts';
import { describeEngines, migratedDatabase, type TestDatabase, testWhere } from '../harness/engines.ts';

const HOUR_MS = 3_600_000;

describeEngines('statistics', (name) => {
  let database: TestDatabase & { readonly engine: Engine };
  const context = () => ({ engine: database.engine, program: 'test' });
  const planOf = async (table: string) =>
    (await planAnalyze(context(), {})).tables.find((one) => one.table === table);
  beforeAll(async () => {
    database = await migratedDatabase(name);
    if (name === 'postgresql')
      for (const table of ['job', 'artifacts'])
        await sql`alter table ${sql.table(table)} set (autovacuum_enabled = false)`.execute(
          database.engine.kysely<unknown>(),
        );
    if (name === 'mysql' || name === 'mariadb')
      for (const table of ['job', 'artifacts'])
        await sql`alter table ${sql.table(table)} stats_auto_recalc = 0`.execute(
          database.engine.kysely<unknown>(),
        );
    await makeBulkyHistory(database.engine);
  });
  afterAll(() => database.drop());

  test('are made anew for a table that has changed enough, and then no more', async () => {
    const before = await planOf('artifacts');
    expect(before).toMatchObject({ chosen: true, reason: expect.stringMatching(/\.$/) });
    expect(['changed', 'never']).toContain(before?.freshness);
    const { analyzed } = await runAnalyze(context(), {});
    expect(analyzed.map(({ table }) => table)).toContain('artifacts');
    expect(await planOf('artifacts')).toMatchObject({ chosen: false, freshness: 'fresh' });
    const again = await runAnalyze(context(), {});
    expect(again.analyzed.map(({ table }) => table)).not.toContain('artifacts');
  });

  test('are made anew for all, and for one that is named, whether they need it or not', async () => {
    const all = await runAnalyze(context(), { all: true });
    expect(all.analyzed.length).toBe(all.tables.length);
    expect(all.tables.map(({ table }) => table)).toContain('company');
    const one = await runAnalyze(context(), { tables: ['company', 'company'] });
    expect(one.analyzed.map(({ table }) => table)).toEqual(['company']);
    await expect(runAnalyze(context(), { tables: ['compani'] })).rejects.toThrow('did you mean company?');
  });

  testWhere(name === 'postgresql')(
    'of a table whose counters were reset are unknown, until samples tell that it has changed by a tenth',
    async () => {
      await runAnalyze(context(), { all: true });
      await sql`select pg_stat_reset()`.execute(database.engine.kysely<unknown>());
      const unknown = { chosen: false, freshness: 'unknown', changes: null };
      expect(await planOf('artifacts')).toMatchObject(unknown);
      const reason = (await planOf('artifacts'))?.reason;
      expect(reason).toBe(
        'It has counters that are all zero, although it has rows, and there are no two samples of its size.',
      );
      await sample(database.engine, 2, 6_000n);
      await sample(database.engine, 1, 6_500n);
      expect(await planOf('artifacts')).toMatchObject({ chosen: false, freshness: 'fresh' });
      await sample(database.engine, 0, 6_601n);
      expect(await planOf('artifacts')).toMatchObject({
        chosen: true,
        freshness: 'samples',
        reason: expect.stringContaining('changed by 10 % since'),
      });
      const { analyzed } = await runAnalyze(context(), {});
      expect(analyzed.map(({ table }) => table)).toContain('artifacts');
    },
  );
});

async function sample(engine: Engine, hoursAgo: number, rows: bigint): Promise<void> {
  await engine
    .kysely<Database>()
    .insertInto('size_sample')
    .values({
      taken_at: utc(Date.now() - hoursAgo * HOUR_MS - 1_000),
      table_name: 'artifacts',
      row_count: rows,
      total_bytes: 1_000_000n,
    })
    .execute();
}
