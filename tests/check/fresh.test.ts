/** A database that is well is told nothing: what stands there from the first day teaches people to look away. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { loadSample } from '../../src/sample/index.ts';
import { checkDatabase } from '../../src/tasks/index.ts';
import { describeEngines, migratedDatabase, type TestDatabase } from '../harness/engines.ts';

describeEngines('a check finds nothing', (name) => {
  let database: TestDatabase & { readonly engine: Engine };
  beforeAll(async () => {
    database = await migratedDatabase(name);
  });
  afterAll(() => database.drop());

  const check = async (quick: boolean) => {
    const engine = await database.open('inspect');
    try {
      return await checkDatabase({ engine, program: 'test' }, { quick, timeoutMs: 60_000 });
    } finally {
      await engine.close();
    }
  };

  test.each([false, true])('in a fresh installation (quick: %s)', async (quick) => {
    const { findings, unknown, checks } = await check(quick);
    expect(findings).toEqual([]);
    expect(checks).toHaveLength(9);
    // What a plain server cannot tell is named, and nothing else.
    const known = ['structure', 'unused-indexes'];
    expect(unknown.filter((one) => !known.includes(one.check))).toEqual([]);
  });

  test.each([false, true])('in one with a history (quick: %s)', async (quick) => {
    await loadSample(database.engine, {
      jobs: 300,
      days: 30,
      seed: 1,
      until: Date.UTC(2026, 0),
      force: true,
    });
    expect((await check(quick)).findings).toEqual([]);
  });
});
