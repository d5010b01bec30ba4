import { expect, test } from 'vitest';
import { applyPurge, planPurge } from '../../src/cleanup/index.ts';
import { cli } from '../harness/cli.ts';
import { isAvailable, migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { everyFinishedJob } from '../harness/rule-books.ts';

test.skipIf(!isAvailable('sqlite'))('SQLite is not said to keep a limit that it cannot have', async () => {
  const database = await migratedDatabase('sqlite');
  for (const words of [['prune', '--jobs', '--keep', '5'], ['retention:run']]) {
    const { exit, stderr } = await cli([...words, '--max-lag', '5s'], database.environment);
    expect([exit, stderr]).toEqual([64, expect.stringContaining('SQLite has no replicas')]);
  }
  await database.drop();
});

test.skipIf(!isAvailable('sqlite'))(
  'a job with very many log entries is no way around the limit',
  async () => {
    const database = await migratedDatabase('sqlite');
    const { engine } = database;
    await makeCompany(engine);
    await makeHistory(engine, [{ id: 1n, status: 'ok', minute: 0, artifacts: 0, logs: 11_000 }], []);
    const plan = await planPurge(engine, everyFinishedJob());
    const deleted: number[] = [];
    let now = 0;
    const throttle = {
      waits: new Map(),
      chunkShare: 1,
      largestTransaction: null,
      wait: async () => {
        deleted.push(now);
      },
    };
    const onProgress = (progress: { deleted: number }) => {
      now = progress.deleted;
    };
    await applyPurge(engine, plan, { program: 'test', waitMs: 0, throttle, onProgress });
    expect(now).toBe(11_001);
    // It was asked whenever a chunk was done, and never more than that went without asking.
    expect(Math.max(...deleted.map((rows, index) => rows - (deleted[index - 1] ?? 0)))).toBeLessThanOrEqual(
      2_000,
    );
    expect(deleted.length).toBeGreaterThan(5);
    await database.drop();
  },
);
