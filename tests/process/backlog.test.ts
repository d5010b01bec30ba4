/** Runs that their time budget stops say what is left, and from the second one on when that will be gone. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { cli, finished, startCli } from '../harness/cli.ts';
import { migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory, type TestJob } from '../harness/history.ts';

const JOBS = 4_000;
const PRUNE = ['prune', '--jobs', '--older-than', '30d', '--yes'];
const BUDGET_S = 1;
const BUDGET = ['--time-budget', `${BUDGET_S}s`];

let database: Awaited<ReturnType<typeof migratedDatabase>>;
let engine: Engine;
beforeAll(async () => {
  database = await migratedDatabase('sqlite');
  engine = database.engine;
  await makeCompany(engine);
  await makeHistory(
    engine,
    Array.from(
      { length: JOBS },
      // Of the year before, whenever this test runs.
      (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n - 600_000, artifacts: 1, logs: 1 }),
    ),
    [],
  );
});
afterAll(() => database.drop());

/** A run that finds the file locked from its beginning until its second is over. */
async function heldUp(...words: string[]) {
  const child = startCli([...PRUNE, ...BUDGET, ...words], database.environment);
  const done = finished(child);
  const db = engine.kysely<Database>();
  while (child.exitCode === null) {
    const running = await db
      .selectFrom('housekeeping_run')
      .select('id')
      .where('outcome', '=', 'running')
      .executeTakeFirst();
    if (running) break;
    await sleep(3);
  }
  const connection = await database.open();
  await connection
    .kysely()
    .connection()
    .execute(async (locked) => {
      await sql`begin immediate`.execute(locked);
      // The time itself is what is tried; what the run does when it is over, it can tell nobody while the file is locked.
      await sleep(BUDGET_S * 1_100);
      await sql`commit`.execute(locked);
    });
  await connection.close();
  return done;
}

test('a backlog is said to be there, then when it is gone, and at its end nothing is said', async () => {
  const first = await heldUp('-f', 'json');
  expect(first.exit).toBe(0);
  const { stopped, tables, backlog } = JSON.parse(first.stdout);
  expect(stopped).toBe('time budget');
  const deleted = tables.reduce((sum: number, { rows }: { rows: number }) => sum + rows, 0);
  expect(backlog).toEqual({
    rows_left: 3 * JOBS - deleted,
    grows_per_hour: null,
    deleted_per_hour: null,
    gone_at: null,
    grows: null,
  });

  const second = await heldUp();
  expect([second.exit, second.stdout]).toEqual([
    0,
    expect.stringMatching(/^[\d,]+ rows are left; at this pace they will be deleted by \d{4}-\d\d-\d\d/m),
  ]);

  // Other rules are another backlog.
  const third = await heldUp('--keep', '1');
  expect(third.stdout).toContain('an estimate follows after the next run');

  const last = await cli(PRUNE, database.environment);
  expect([last.exit, last.stdout]).toEqual([0, expect.not.stringContaining('left')]);
  const runs = await engine
    .kysely<Database>()
    .selectFrom('housekeeping_run')
    .select(['duty', 'outcome'])
    .orderBy('id')
    .execute();
  expect(runs).toEqual([
    ...Array.from({ length: 3 }, () => ({ duty: 'prune', outcome: 'time budget' })),
    { duty: 'prune', outcome: 'done' },
  ]);
});

test('a run that only counts writes no history', async () => {
  const before = await engine.kysely<Database>().selectFrom('housekeeping_run').select('id').execute();
  expect((await cli([...PRUNE, '--dry-run'], database.environment)).exit).toBe(0);
  expect(await engine.kysely<Database>().selectFrom('housekeeping_run').select('id').execute()).toEqual(
    before,
  );
});
