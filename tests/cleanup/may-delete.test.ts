/** The one question before a plan is never answered with no where the plan would delete something. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type JobRule,
  type LogRule,
  mayDelete,
  planPurge,
  type RuleBook,
  type Rules,
} from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany, makeHistory } from '../harness/history.ts';
import { withoutForeignKeys } from '../harness/orphaned.ts';
import { finishedJobs } from '../harness/rule-books.ts';

const JOBS = 12;

describeEngines('whether anything may be deleted', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
    await makeHistory(
      engine,
      Array.from({ length: JOBS }, (_, n) => ({
        id: BigInt(n + 1),
        status: 'ok' as const,
        minute: n * 10,
        artifacts: 0,
        logs: 1,
        template: [1n, 2n, 3n, null][n % 4],
        company: n % 4 === 3 ? 2n : undefined,
      })),
      [3, 8, 13, 21],
    );
    // A run template that is gone has jobs all the same.
    await withoutForeignKeys(engine, (db) => db.deleteFrom('run_template').where('id', '=', 2n).execute());
  });
  afterAll(() => database.drop());

  const jobRules: readonly JobRule[] = [null, 0, 1, 2, 3, 4].flatMap((keepPerTemplate) =>
    [null, at(0), at(15), at(500)].flatMap((olderThan) =>
      [null, 0, 5, JOBS - 1, JOBS].map((keep) => finishedJobs({ keep, keepPerTemplate, olderThan })),
    ),
  );
  const logRules: readonly LogRule[] = [null, 0, 1, 2, 4, 7].flatMap((keepPerCompany) =>
    [null, at(0), at(3), at(4), at(500)].flatMap((olderThan) =>
      [null, 0, 5, 15, 16].flatMap((keep) =>
        [true, false].map((atMost) => ({ keep, keepPerCompany, olderThan, atMost })),
      ),
    ),
  );

  const none = { company: null, jobs: undefined, logs: undefined, tokensBefore: null, historyBefore: null };
  const for_ = <Rule>(rule: Rule, whose: 'all' | 'company' | 'template'): Rules<Rule> => ({
    all: whose === 'all' ? rule : undefined,
    byCompany: new Map(whose === 'company' ? [[2n, rule]] : []),
    byTemplate: new Map(whose === 'template' ? [[2n, rule]] : []),
  });

  async function compare(books: readonly RuleBook[]): Promise<void> {
    let nothings = 0;
    let somethings = 0;
    for (const book of books) {
      const may = await mayDelete(engine, book);
      const { tables } = await planPurge(engine, book);
      const rows = tables.reduce((sum, table) => sum + table.rows, 0);
      if (!may) expect({ book, rows }).toEqual({ book, rows: 0 });
      if (may) somethings++;
      else nothings++;
    }
    // Otherwise it would have asked for nothing.
    expect(Math.min(nothings, somethings)).toBeGreaterThan(books.length / 20);
  }

  // Each plan is dozens of statements, on a server slow ones: some of the combinations.
  const some = <T>(all: readonly T[]) => all.filter((_, n) => n % (name === 'sqlite' ? 3 : 11) === 0);

  test('is true wherever a rule about jobs deletes one', async () => {
    const whose = ['all', 'company', 'template'] as const;
    await compare(some(jobRules.flatMap((rule) => whose.map((who) => ({ ...none, jobs: for_(rule, who) })))));
  });

  test('is true wherever a rule about log entries deletes one', async () => {
    const whose = ['all', 'company'] as const;
    await compare(some(logRules.flatMap((rule) => whose.map((who) => ({ ...none, logs: for_(rule, who) })))));
  });

  test('is not asked of very many rules, which are planned at once', async () => {
    const rule = finishedJobs({ olderThan: at(0) });
    const byCompany = new Map(Array.from({ length: 60 }, (_, n) => [BigInt(n + 1), rule] as const));
    const jobs = { all: undefined, byCompany, byTemplate: new Map() };
    expect(await mayDelete(engine, { ...none, jobs })).toBe(true);
  });
});
