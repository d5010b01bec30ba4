/** After a purge: what is free, what went back to the disk, and the ways that are named to get the rest. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine, SpaceUse } from '../../src/engines/index.ts';
import { applyReclaim, compareSpace, measureSpace, planReclaim } from '../../src/maintenance/index.ts';
import { makeBulkyHistory, purgeMost } from '../harness/bulky-history.ts';
import { describeEngines, migratedDatabase, type TestDatabase } from '../harness/engines.ts';

const MEBI = 1024 * 1024;
const OPTIONS = { program: 'test', waitMs: 0 };

describeEngines('space', (name) => {
  let database: TestDatabase & { readonly engine: Engine };
  let engine: Engine;
  let before: SpaceUse;

  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeBulkyHistory(engine);
    // Estimates are only as good as statistics; a platform's own maintenance keeps them.
    if (name === 'postgresql') await sql`vacuum (analyze) job, artifacts, logger`.execute(engine.kysely());
    before = await measureSpace(engine);
  });
  afterAll(() => database.drop());

  /** Servers free deleted rows a little later. */
  async function measureUntil(enough: (use: SpaceUse) => boolean): Promise<SpaceUse> {
    for (let tries = 0; ; tries++) {
      const use = await measureSpace(engine);
      if (enough(use) || tries === 100) return use;
      await sleep(200);
    }
  }

  test('is freed inside by a purge, and none of it goes back by itself', async () => {
    await purgeMost(engine);
    const purged = await measureUntil(
      ({ freeBytes }) => (freeBytes ?? 0) - (before.freeBytes ?? 0) > 12 * MEBI,
    );
    const report = await compareSpace(engine, before, purged, purged);
    expect(report.freedInside).toBeGreaterThan(12 * MEBI);
    expect(report.freedInside).toBeLessThan(40 * MEBI);
    expect(report.returnedToDisk).toBeLessThan(9 * MEBI);
    expect(report.reclaimable).toBeGreaterThanOrEqual(report.freedInside ?? Number.NaN);
    expect(report.how.map((remedy) => (remedy.ours ? remedy.action : remedy.sql))).toEqual(
      {
        sqlite: [{ action: 'reclaim' }],
        mysql: ['OPTIMIZE TABLE artifacts;'],
        mariadb: ['OPTIMIZE TABLE artifacts;'],
        postgresql: [{ action: 'reclaim' }, 'VACUUM (FULL, ANALYZE) artifacts;'],
      }[name],
    );
    for (const { gives, lock, needs } of report.how)
      expect([gives, lock, needs].every((words) => words.length > 10)).toBe(true);
  });

  test('is asked for without a lock, and by a session that cannot write', async () => {
    const reader = await database.open('inspect');
    const plan = await planReclaim(reader);
    expect(plan.ours).toHaveLength(name === 'sqlite' || name === 'postgresql' ? 1 : 0);
    expect(plan.where).toBe(engine.where);
    await reader.close();
  });

  test('is given back by nobody else while a purge or a reclaim has the lock', async () => {
    const lock = await engine.lock({ name: 'prune', program: 'somebody', waitMs: 0 });
    const other = await database.open();
    await expect(applyReclaim(other, await planReclaim(other), OPTIONS)).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining('somebody'),
    });
    await lock.release();
    await other.close();
  });

  test('is given back, or made free to be used again, as far as that stops nobody', async () => {
    const bytes: number[] = [];
    const result = await applyReclaim(engine, await planReclaim(engine), {
      ...OPTIONS,
      onProgress: (done) => bytes.push(done),
    });
    expect(result.stopped).toBeNull();
    expect(result.after.remedies.some(({ ours }) => ours)).toBe(false);
    const { returnedToDisk } = await compareSpace(engine, result.before, result.before, result.after);
    if (name === 'sqlite') {
      expect(returnedToDisk).toBeGreaterThan(12 * MEBI);
      expect(result.after).toMatchObject({ freeBytes: 0, remedies: [], notes: [] });
      expect(bytes.at(-1)).toBe(returnedToDisk);
    } else {
      expect(result.pieces).toBe(name === 'postgresql' ? 3 : 0);
      expect(result.after.remedies).toHaveLength(1);
    }
  });

  test('is got by the commands that are named, word for word', async () => {
    const { remedies } = await measureSpace(engine);
    for (const remedy of remedies) if (!remedy.ours) await sql.raw(remedy.sql).execute(engine.kysely());
    const after = await measureUntil(({ freeBytes }) => (freeBytes ?? 0) < 8 * MEBI);
    expect(after.freeBytes).toBeLessThan(8 * MEBI);
    expect(after.remedies.filter(({ ours }) => !ours)).toEqual([]);
    if (name === 'postgresql') expect(after.diskBytes).toBeLessThan(8 * MEBI);
    const left = await sql<{ n: bigint }>`select count(*) as n from artifacts`.execute(engine.kysely());
    expect(left.rows[0]?.n).toBe(600n);
  });
});
