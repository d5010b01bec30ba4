/** Thousands of companies and holds: no statement grows with them, and a plan is made in seconds. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyPurge, forAll, planPurge, type RuleBook } from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany } from '../harness/history.ts';
import { finishedJobs } from '../harness/rule-books.ts';
import { refreshStatistics } from '../harness/statistics.ts';

/** Above SQLite's limit on the depth of an expression, 1,000. */
const COMPANIES = 1_100;
/** More than SQLite's and PostgreSQL's largest number of parameters. */
const HOLDS = 66_000;
const FIRST = 100n;

const book: RuleBook = {
  company: null,
  jobs: forAll(finishedJobs({ olderThan: at(10) })),
  logs: forAll({ keep: null, keepPerCompany: 1, olderThan: null }),
  tokensBefore: null,
  historyBefore: null,
};

describeEngines('a purge among thousands of owners', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  const numbers = Array.from({ length: COMPANIES }, (_, n) => FIRST + BigInt(n));
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
    await engine.bulkLoad({
      table: 'company',
      columns: ['id', 'slug', 'name'],
      rows: numbers.map((id) => [id, `company-${id}`, `Company ${id}`]),
    });
    await engine.bulkLoad({
      table: 'job',
      columns: ['id', 'app_id', 'company_id', 'status', 'DatCreate'],
      rows: numbers.flatMap((id) => [0, 1].map((n) => [id * 2n + BigInt(n), 1n, id, 'ok', at(n)])),
    });
    await engine.bulkLoad({
      table: 'logger',
      columns: ['company_id', 'job_id', 'message', 'created_at'],
      // Each company's own newest entry, which is kept for its age, is of a job that is deleted.
      rows: numbers.flatMap((id) => [0, 1, 2].map((n) => [id, id * 2n, 'said', at(n)])),
    });
  });
  afterAll(() => database.drop());
  const count = async (table: 'job' | 'logger') =>
    Number(
      (
        await engine
          .kysely<Database>()
          .selectFrom(table)
          .select(({ fn }) => fn.countAll<bigint>().as('n'))
          .executeTakeFirstOrThrow()
      ).n,
    );

  test('is planned to the row, and hears a signal meanwhile', {
    timeout: 180_000,
  }, async () => {
    await engine.bulkLoad({
      table: 'retention_hold',
      columns: ['job_id', 'reason'],
      rows: Array.from({ length: HOLDS }, (_, n) => [(FIRST + BigInt(n % 20)) * 2n, 'tested']),
    });
    await refreshStatistics(database);
    const stop = new AbortController();
    const planning = planPurge(engine, book, stop.signal);
    stop.abort(new Error('stopped'));
    await expect(planning).rejects.toThrow('stopped');

    const plan = await planPurge(engine, book);
    const planned = Object.fromEntries(plan.tables.map(({ table, rows }) => [table, rows]));
    // Of twenty companies one of two jobs is held, with its entries.
    expect(planned).toEqual({ job: COMPANIES * 2 - 20, artifacts: 0, logger: (COMPANIES - 20) * 3 });
    const result = await applyPurge(engine, plan, { program: 'prune', waitMs: 0 });
    expect(result.skipped.rows).toBe(0);
    expect([await count('job'), await count('logger')]).toEqual([20, 60]);
  });
});
