/** Space is given back where there is enough of it, and never at the cost of a row. */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { isWorthIt, space } from '../../src/tasks/duties/space.ts';
import { dutyContext, planAndRun, statementsOf } from '../harness/duty.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';

const MEBI = 1024 * 1024;
const NEITHER_ROWS = { estimated: false, remedies: [], notes: [], freeBytes: null };
const OURS = {
  ours: true as const,
  action: { action: 'reclaim' as const },
  gives: '',
  lock: '',
  needs: '',
  needsBytes: null,
};

test('is not worth it below 64 MiB, below a fifth of all, or where it is for a person', () => {
  const worth = (gain: number, diskBytes: number | null, ours = [OURS]) =>
    isWorthIt({ use: { ...NEITHER_ROWS, gain, diskBytes }, ours });
  expect(worth(64 * MEBI, 320 * MEBI)).toBe(true);
  expect(worth(63 * MEBI, 100 * MEBI)).toBe(false);
  expect(worth(64 * MEBI, 321 * MEBI)).toBe(false);
  expect(worth(64 * MEBI, 100 * MEBI, [])).toBe(false);
});

describeEngines('the duty of space', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeEach(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
    await makeHistory(engine, [{ id: 1n, status: 'ok', minute: 0, artifacts: 0, logs: 3 }], []);
  });
  afterEach(() => database.drop());

  const run = (statement: string) => sql.raw(statement).execute(engine.kysely());

  test('has nothing to do where little is free, which takes a statement', async () => {
    const { plan, statements } = await statementsOf(database, space);
    expect(plan.steps).toEqual([]);
    expect(statements.length).toBeLessThanOrEqual(1);
  });

  test('gives back what many deleted rows have left, and no row with it', async () => {
    if (name === 'postgresql')
      await run('alter table artifacts set (autovacuum_enabled = false, toast.autovacuum_enabled = false)');
    const content = randomBytes(MEBI);
    await engine.bulkLoad({
      table: 'artifacts',
      columns: ['job_id', 'filename', 'content'],
      rows: Array.from({ length: 90 }, (_, n) => [1n, `${n}.bin`, content]),
    });
    await run('delete from artifacts where id % 30 <> 0');
    const { plan, result } = await planAndRun(space, dutyContext(engine));
    if (name === 'mysql' || name === 'mariadb') {
      // Writing whole tables again is for a person to decide.
      expect(plan.steps).toEqual([]);
      return;
    }
    expect(plan.steps).toMatchObject([{ action: 'reclaim', what: 'database', count: 1 }]);
    expect(result.stopped).toBeNull();
    if (name === 'sqlite') expect(result.bytes).toBeGreaterThan(64 * MEBI);
    const left = await sql<{ n: bigint }>`select count(*) as n from artifacts`.execute(engine.kysely());
    expect(left.rows[0]?.n).toBe(3n);
    expect((await space.plan(dutyContext(engine))).steps).toEqual([]);
  });
});
