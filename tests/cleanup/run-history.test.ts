/** Runs are written down as they were, compared with those of the same rules, and leave the history by a policy of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  type NewPolicy,
  planPurge,
  policyBook,
  readPlan,
  requireCurrent,
  rulesInForce,
  savePlan,
  setPolicy,
} from '../../src/cleanup/index.ts';
import { type Engine, utc } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { beginRun, endRun, kindOfRun, pastRuns, recordedPurge } from '../../src/tasks/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany, makeHistory, type TestJob } from '../harness/history.ts';
import { jobsOlderThan } from '../harness/rule-books.ts';

const OPTIONS = { program: 'test', waitMs: 0 };
const KIND = kindOfRun('prune', ['jobs', '90d']);
const HOUR = 3_600_000;

describeEngines('the history of runs', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    for (const table of ['housekeeping_run', 'retention_policy'] as const)
      await engine.kysely<Database>().deleteFrom(table).execute();
  });

  const jobs = (count: number) =>
    makeHistory(
      engine,
      Array.from(
        { length: count },
        (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n, artifacts: 0, logs: 0 }),
      ),
      [],
    );
  const planOfAll = () => planPurge(engine, jobsOlderThan(at(1_000_000)));
  const history = () =>
    engine.kysely<Database>().selectFrom('housekeeping_run').selectAll().orderBy('id').execute();
  /** A run of some hours ago. */
  async function past(hoursAgo: number, expected: number, deleted: number, kind = KIND) {
    const id = await beginRun(engine, kind, expected);
    await endRun(engine, id, 'time budget', deleted);
    const instant = utc(Date.now() - hoursAgo * HOUR);
    await engine
      .kysely<Database>()
      .updateTable('housekeeping_run')
      .set({ started_at: instant, finished_at: instant })
      .where('id', '=', id)
      .execute();
  }

  test('has a row of a run while it is at work, and how it ended when it is done', async () => {
    await jobs(30);
    let meanwhile: Promise<string[]> | undefined;
    const { result, backlog } = await recordedPurge(engine, await planOfAll(), KIND, {
      ...OPTIONS,
      onProgress: () => {
        meanwhile ??= history().then((runs) => runs.map(({ outcome }) => outcome));
      },
    });
    expect(await meanwhile).toEqual(['running']);
    expect(result.stopped).toBeNull();
    expect(backlog).toMatchObject({ left: 0, goneAt: null });
    const [run] = await history();
    expect(run).toMatchObject({
      ...KIND,
      outcome: 'done',
      expected_rows: 30n,
      deleted_rows: 30n,
      pid: process.pid,
      finished_at: expect.any(String),
    });
  });

  test('tells from the runs of the same rules when the rest will be gone, or that it grows', async () => {
    await jobs(2_000);
    // In each of two hours 400 went and 100 came; another kind of run says nothing of this one.
    await past(2, 2_600, 400);
    await past(1, 2_300, 400);
    await past(0.5, 5, 5, kindOfRun('prune', ['jobs', '30d']));
    await past(0.5, 5, 5, kindOfRun('retention', ['jobs', '90d']));
    const first = await recordedPurge(engine, await planOfAll(), KIND, { ...OPTIONS, timeBudgetMs: 1 });
    expect(first.result.stopped).toBe('time budget');
    const [deleted] = first.result.tables.filter(({ table }) => table === 'job').map(({ rows }) => rows);
    expect(first.backlog.left).toBe(2_000 - (deleted ?? 0));
    expect(first.backlog.deletedPerHour).toBeCloseTo(400, 0);
    expect(first.backlog.growsPerHour).toBeCloseTo(100, 0);
    expect(first.backlog.grows).toBe(false);
    const hours = (Date.parse(first.backlog.goneAt ?? '') - Date.now()) / HOUR;
    expect(hours).toBeCloseTo(first.backlog.left / 300, 0);

    await past(3, 100, 400);
    const db = engine.kysely<Database>();
    await db.updateTable('housekeeping_run').set({ expected_rows: 400n }).execute();
    const second = await recordedPurge(engine, await planOfAll(), KIND, { ...OPTIONS, timeBudgetMs: 1 });
    expect(second.backlog).toMatchObject({ grows: true, goneAt: null });
  });

  test('of a kept plan expects what is left of it, run after run', async () => {
    await jobs(2_000);
    const directory = mkdtempSync(join(tmpdir(), 'multiflexi-kept-'));
    const file = join(directory, 'plan');
    savePlan(file, await planOfAll());
    let left = 2_000;
    for (const _ of [1, 2]) {
      const plan = await requireCurrent(engine, readPlan(engine, file));
      const { result, backlog } = await recordedPurge(engine, plan, KIND, { ...OPTIONS, timeBudgetMs: 1 });
      left -= result.tables.reduce((sum, { rows }) => sum + rows, 0);
      expect(backlog.left).toBe(left);
    }
    expect((await pastRuns(engine, KIND)).map(({ expected }) => expected)).toEqual([
      2_000,
      expect.any(Number),
    ]);
    rmSync(directory, { recursive: true });
  });

  test('says running of a run that was killed, failed of one that failed, nothing of one that never began', async () => {
    await jobs(3_000);
    const plan = await planOfAll();
    await beginRun(engine, KIND, 3_000);
    const failing = recordedPurge(engine, plan, KIND, {
      ...OPTIONS,
      onProgress: () => {
        throw new Error('somebody pulled the plug');
      },
    });
    await expect(failing).rejects.toThrow('pulled the plug');
    const lock = await engine.lock({ name: 'prune', program: 'another', waitMs: 0 });
    await expect(recordedPurge(engine, plan, KIND, OPTIONS)).rejects.toMatchObject({ code: 'LOCKED' });
    await lock.release();
    const runs = await history();
    expect(runs.map(({ outcome }) => outcome)).toEqual(['running', 'failed']);
    const left = (await engine.kysely<Database>().selectFrom('job').select('id').execute()).length;
    expect(runs[1]?.deleted_rows).toBeLessThanOrEqual(BigInt(3_000 - left));
    expect((await pastRuns(engine, KIND)).map(({ finishedAt }) => finishedAt === null)).toEqual([
      true,
      false,
    ]);
  });

  test('stands for rules, in whatever order they were made, and not for the instants that they mean today', async () => {
    const policy: NewPolicy = {
      subject: 'job',
      company: null,
      template: null,
      maxAgeDays: 90,
      keepLast: null,
      keepLastSuccess: true,
      enabled: true,
      note: null,
    };
    const kind = async () => kindOfRun('retention', await rulesInForce(engine)).what;
    await setPolicy(engine, policy);
    await setPolicy(engine, { ...policy, company: 1n, maxAgeDays: 30 });
    const one = await kind();
    await engine.kysely<Database>().deleteFrom('retention_policy').execute();
    await setPolicy(engine, { ...policy, company: 1n, maxAgeDays: 30, note: 'other note' });
    await setPolicy(engine, policy);
    await setPolicy(engine, { ...policy, company: 2n, enabled: false });
    expect(await kind()).toBe(one);
    await setPolicy(engine, { ...policy, maxAgeDays: 91 });
    expect(await kind()).not.toBe(one);
  });

  test('goes by a policy: what the plan counted, the oldest, and never the run that is at work', async () => {
    await jobs(0);
    const row = { ...KIND, expected_rows: 0n, host: 'h', pid: 1 };
    await engine.bulkLoad({
      table: 'housekeeping_run',
      columns: [...Object.keys(row), 'started_at'],
      // Several of an instant, so that a chunk ends among equals.
      rows: Array.from({ length: 1_200 }, (_, n) => [...Object.values(row), at(Math.floor(n / 7))]),
    });
    await past(24 * 2, 1, 1);
    const policy: NewPolicy = {
      subject: 'history',
      company: null,
      template: null,
      maxAgeDays: 7,
      keepLast: null,
      keepLastSuccess: true,
      enabled: true,
      note: null,
    };
    for (const change of [{ keepLast: 5 }, { company: 1n }])
      await expect(setPolicy(engine, { ...policy, ...change })).rejects.toThrow(/by age only/);
    await setPolicy(engine, policy);
    const plan = await planPurge(engine, await policyBook(engine, Date.now()));
    expect(plan.tables.find(({ table }) => table === 'housekeeping_run')).toMatchObject({
      rows: 1_200,
      bytes: expect.any(Number),
    });
    const progress: number[] = [];
    const { result } = await recordedPurge(engine, plan, KIND, {
      ...OPTIONS,
      onProgress: ({ deleted }) => progress.push(deleted),
    });
    expect(result.tables).toContainEqual({ table: 'housekeeping_run', rows: 1_200 });
    expect(progress.at(-1)).toBe(1_200);
    expect((await history()).map(({ outcome }) => outcome)).toEqual(['time budget', 'done']);
  });
});
