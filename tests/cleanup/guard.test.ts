/** The guard measures shares to the row; what it skips stays whole, and the others go. */
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  applyPurge,
  type JobRule,
  oversized,
  planPurge,
  sameForAll,
  skipOversized,
} from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import { type Database, FINISHED } from '../../src/schema/index.ts';
import { cli } from '../harness/cli.ts';
import { describeEngines, migratedDatabase, testWhere } from '../harness/engines.ts';
import { at, makeCompany, makeHistory, type TestJob } from '../harness/history.ts';
import { tries } from '../harness/tries.ts';

const OLD = 1_000;

describeEngines('the guard', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    await engine.kysely<Database>().deleteFrom('retention_policy').execute();
  });

  /** So many old and new jobs of each company, a log entry and an artifact each. */
  async function make(acme: readonly [number, number], other: readonly [number, number]): Promise<void> {
    const of = (template: bigint, first: number, [old, young]: readonly [number, number]) =>
      Array.from(
        { length: old + young },
        (_, n): TestJob => ({
          id: BigInt(first + n),
          status: 'ok',
          minute: n < old ? n : OLD + n,
          artifacts: 1,
          logs: 1,
          template,
        }),
      );
    await makeHistory(engine, [...of(1n, 1, acme), ...of(3n, 5_000, other)], []);
  }
  const rule: JobRule = {
    keep: null,
    keepPerTemplate: null,
    keepLastSuccess: false,
    olderThan: at(OLD),
    statuses: FINISHED,
  };
  const plan = (logs: boolean) =>
    planPurge(
      engine,
      sameForAll(null, rule, logs ? { keep: null, keepPerCompany: null, olderThan: at(OLD) } : undefined),
    );
  async function left(table: 'job' | 'artifacts' | 'logger'): Promise<number> {
    return (await engine.kysely<Database>().selectFrom(table).select('id').execute()).length;
  }

  test('lets a share pass that is no larger, to the row', async () => {
    const companies = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 }));
    await fc.assert(
      fc.asyncProperty(
        companies,
        companies,
        fc.integer({ min: 1, max: 100 }),
        async (acme, other, percent) => {
          await make(acme, other);
          const isOver = ([old, young]: readonly [number, number]) => old * 100 > percent * (old + young);
          const all = [acme[0] + other[0], acme[1] + other[1]] as const;
          const found = await oversized(engine, await plan(false), percent);
          expect(new Map(found.map(({ company, jobs }) => [company, jobs]))).toEqual(
            new Map([
              ...(isOver(all) ? [[null, all[0]] as const] : []),
              ...(isOver(acme) ? [['acme', acme[0]] as const] : []),
              ...(isOver(other) ? [['other', other[0]] as const] : []),
            ]),
          );
        },
      ),
      { numRuns: tries(name === 'sqlite' ? 60 : 5), examples: [[[7, 93], [0, 0], 7]] },
    );
  });

  test('skips the company that is over it, with its log entries, and deletes the others', async () => {
    await make([8, 2], [4, 26]);
    const { plan: reduced, skipped } = await skipOversized(engine, await plan(true), 50);
    expect(skipped).toEqual([{ company: 'acme', jobs: 8 }]);
    expect(reduced.tables.map(({ table, rows }) => [table, rows])).toEqual([
      ['logger', 4],
      ['artifacts', 4],
      ['job', 4],
    ]);
    expect(reduced.companies.map(({ slug }) => slug)).toEqual(['other']);
    const { tables } = await applyPurge(engine, reduced, { program: 'test', waitMs: 0 });
    expect(tables.map(({ rows }) => rows)).toEqual([4, 4, 4]);
    expect([await left('job'), await left('artifacts'), await left('logger')]).toEqual([36, 36, 36]);
    const db = engine.kysely<Database>();
    expect(await db.selectFrom('job').select('id').where('company_id', '=', 1n).execute()).toHaveLength(10);
  });

  test('skips all where all together are over it', async () => {
    await make([30, 0], [1, 9]);
    const { plan: reduced, skipped } = await skipOversized(engine, await plan(true), 50);
    expect(skipped).toEqual([{ company: null, jobs: 31 }]);
    expect(reduced).toMatchObject({ jobs: [], logs: [], companies: [] });
    await applyPurge(engine, reduced, { program: 'test', waitMs: 0 });
    expect([await left('job'), await left('logger')]).toEqual([40, 40]);
  });

  test('changes nothing of a plan that is under it, and is none at 100', async () => {
    await make([10, 0], [10, 0]);
    const whole = await plan(true);
    expect(await skipOversized(engine, whole, 100)).toEqual({ plan: whole, skipped: [] });
    await make([2, 8], [3, 7]);
    const small = await plan(true);
    expect(await skipOversized(engine, small, 30)).toEqual({ plan: small, skipped: [] });
  });

  // What the terminal makes of it is the same for all engines.
  testWhere(name === 'sqlite')('on the command line: is set, asks, or skips and reports', async () => {
    await make([8, 2], [4, 26]);
    const run = (...words: string[]) => cli(words, database.environment);
    // Old and young by the clock of whenever this runs.
    const db = engine.kysely<Database>();
    await db
      .updateTable('job')
      .set({ DatCreate: '2099-01-01 00:00:00.000000' })
      .where('DatCreate', '>=', at(OLD))
      .execute();
    await db
      .updateTable('job')
      .set({ DatCreate: '2020-01-01 00:00:00.000000' })
      .where('DatCreate', '<', at(OLD))
      .execute();
    expect((await run('retention:set', 'job', '--older-than', '30d')).exit).toBe(0);

    const refused = await run('retention:run', '--guard', '10', '--no-input');
    expect([refused.exit, refused.stderr]).toEqual([
      5,
      expect.stringContaining(
        'This would delete more than 10 % of the jobs: 12 of all jobs, 8 jobs of acme, 4 jobs of other.',
      ),
    ]);
    const dry = await run('retention:run', '--skip-oversized', '--dry-run', '-f', 'json');
    expect(JSON.parse(dry.stdout)).toMatchObject({
      dry_run: true,
      oversized: [{ company: 'acme', jobs: 8 }],
      companies: [{ slug: 'other', jobs: 4 }],
    });
    expect(await left('job')).toBe(40);
    const words = await run('retention:run', '--skip-oversized', '--no-input');
    expect([words.exit, words.stdout]).toEqual([
      0,
      expect.stringContaining(
        'Skipped, because more than 50 % of the jobs would be deleted: 8 jobs of acme.',
      ),
    ]);
    expect(await left('job')).toBe(36);
    const again = await run('retention:run', '--skip-oversized', '--no-input', '-f', 'json');
    expect([again.exit, JSON.parse(again.stdout)]).toMatchObject([
      0,
      { stopped: null, oversized: [{ company: 'acme', jobs: 8 }], backlog: { rows_left: 0 } },
    ]);
    expect((await run('retention:run', '--guard', '100', '--no-input')).exit).toBe(0);
    expect(await left('job')).toBe(28);
  });
});
