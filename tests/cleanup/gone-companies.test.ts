/** A company that somebody deleted with foreign keys off: nobody owns its jobs and log entries any more, and rules apply all the same. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  applyPurge,
  forAll,
  mayDelete,
  planPurge,
  type RuleBook,
  sameForAll,
} from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { cli } from '../harness/cli.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany, makeHistory } from '../harness/history.ts';
import { withoutForeignKeys } from '../harness/orphaned.ts';
import { finishedJobs, jobsOlderThan } from '../harness/rule-books.ts';

describeEngines('rows of a company that is gone', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
    await makeHistory(
      engine,
      Array.from({ length: 10 }, (_, n) => ({
        id: BigInt(n + 1),
        status: 'ok' as const,
        minute: n,
        artifacts: 1,
        logs: 1,
        template: [1n, 3n][n % 2],
      })),
      [],
    );
    await withoutForeignKeys(engine, async (db) => {
      await db.deleteFrom('run_template').where('company_id', '=', 2n).execute();
      await db.deleteFrom('company').where('id', '=', 2n).execute();
    });
  });
  afterAll(() => database.drop());

  const planned = async (book: RuleBook) => {
    const { tables, companies } = await planPurge(engine, book);
    return {
      rows: tables.map(({ table, rows }) => `${table} ${rows}`),
      companies: companies.map(({ slug, jobs }) => `${slug}: ${jobs}`),
    };
  };

  test('are planned, by whichever rule', async () => {
    const both = ['acme: 5', '2 (which no longer exists): 5'];
    expect(await planned(jobsOlderThan(at(100)))).toEqual({
      rows: ['logger 10', 'artifacts 10', 'job 10'],
      companies: both,
    });
    expect(await planned(sameForAll(null, finishedJobs({ keepPerTemplate: 1 }), undefined))).toMatchObject({
      companies: ['acme: 4', '2 (which no longer exists): 4'],
    });
    const ofTemplate = {
      all: undefined,
      byCompany: new Map(),
      byTemplate: new Map([[3n, finishedJobs({ keepPerTemplate: 2 })]]),
    };
    expect(await planned({ ...sameForAll(null, undefined, undefined), jobs: ofTemplate })).toMatchObject({
      companies: ['2 (which no longer exists): 3'],
    });
    const logs = {
      ...sameForAll(null, undefined, undefined),
      logs: forAll({ keep: null, keepPerCompany: 2, olderThan: null }),
    };
    expect([await mayDelete(engine, logs), (await planned(logs)).rows[0]]).toEqual([true, 'logger 6']);
  });

  test('are told by db:check, and deleted with all others or by the id of their company', async () => {
    const check = await cli(['db:check', '-f', 'json'], database.environment);
    expect(JSON.stringify(JSON.parse(check.stdout).findings)).toContain('orphans:job.company_id');
    const prune = (...options: string[]) =>
      cli(
        ['prune', '--jobs', '--older-than', '1d', '--guard', '100', '--yes', ...options],
        database.environment,
      );
    const unknown = await prune('--company', '77');
    expect([unknown.exit, unknown.stderr]).toEqual([64, expect.stringContaining('77')]);
    expect((await prune('--company', '2', '--keep', '8')).exit).toBe(0);
    const left = async () =>
      (await engine.kysely<Database>().selectFrom('job').select('id').orderBy('id').execute()).map(({ id }) =>
        Number(id),
      );
    expect(await left()).toEqual([1, 3, 4, 5, 6, 7, 8, 9, 10]);
    const result = await applyPurge(engine, await planPurge(engine, jobsOlderThan(at(100))), {
      program: 'prune',
      waitMs: 0,
    });
    expect([result.skipped.rows, await left()]).toEqual([0, []]);
  });
});
