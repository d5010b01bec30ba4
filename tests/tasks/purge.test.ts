/** Purges without a terminal: planned, confirmed as data, carried out, recorded. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import {
  type PruneRules,
  type PurgeGuard,
  planPrune,
  planReclaim,
  planRetention,
  planSavedPurge,
  requireSenseOfPrune,
  runPurge,
  runReclaim,
  savePurgePlan,
  setPolicy,
} from '../../src/tasks/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory, type TestJob } from '../harness/history.ts';
import { confirmationOf, missing, Told } from './told.ts';

const JOBS = 20;
const GUARD: PurgeGuard = { percent: 50, skipOversized: false, archiveAll: false };
const RULES: PruneRules = {
  logs: false,
  jobs: true,
  keep: 5,
  keepPerTemplate: null,
  keepLastSuccess: false,
  olderThan: null,
  statuses: null,
  company: null,
};
const PERMISSIVE = { ...GUARD, percent: 100 };

describeEngines('a purge without a terminal', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  let told: Told;
  let directory: string;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    directory = mkdtempSync(join(tmpdir(), 'multiflexi-tasks-'));
    await makeCompany(engine);
  });
  afterAll(async () => {
    await database.drop();
    rmSync(directory, { recursive: true });
  });
  beforeEach(async () => {
    told = new Told(engine);
    await engine.kysely<Database>().deleteFrom('retention_policy').execute();
    const jobs = Array.from(
      { length: JOBS },
      (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n, artifacts: 1, logs: 1 }),
    );
    await makeHistory(engine, jobs, []);
  });

  async function count(): Promise<number> {
    return (await engine.kysely<Database>().selectFrom('job').select('id').execute()).length;
  }

  test('is refused until the number of jobs confirms it, and is then told, recorded and measured', async () => {
    const planned = await planPrune(told.context, RULES, GUARD);
    expect(planned.consents).toMatchObject([{ kind: 'oversized', guard: 50, jobs: 15, confirmedBy: '15' }]);
    expect(await missing(runPurge(told.context, planned, { confirmed: [], waitMs: 0 }))).toEqual(
      planned.consents,
    );
    const wrong = [{ kind: 'oversized', confirmedBy: '14' }] as const;
    expect(await missing(runPurge(told.context, planned, { confirmed: wrong, waitMs: 0 }))).toHaveLength(1);
    expect([await count(), told.notices, told.progress]).toEqual([JOBS, [], []]);

    const confirmed = planned.consents.map(confirmationOf);
    const { result, backlog, space } = await runPurge(told.context, planned, { confirmed, waitMs: 0 });
    expect(result.tables.find(({ table }) => table === 'job')?.rows).toBe(15);
    expect([await count(), backlog.left, space.failure]).toEqual([5, 0, null]);
    expect(told.kinds()).toEqual(['confirmed']);
    expect(told.progress[0]).toMatchObject({ activity: 'purging', done: 0, unit: 'rows' });
    const run = await engine
      .kysely<Database>()
      .selectFrom('housekeeping_run')
      .select(['duty', 'outcome', 'deleted_rows'])
      .orderBy('id', 'desc')
      .executeTakeFirst();
    expect(run).toEqual({ duty: 'prune', outcome: 'done', deleted_rows: 45n });
  });

  test('of a saved plan asks for the same', async () => {
    const file = join(directory, 'plan.json');
    savePurgePlan(await planPrune(told.context, RULES, GUARD), file);
    const planned = await planSavedPurge(told.context, file, GUARD);
    expect(await missing(runPurge(told.context, planned, { confirmed: [], waitMs: 0 }))).toMatchObject([
      { kind: 'oversized', confirmedBy: '15' },
    ]);
    await runPurge(told.context, planned, { confirmed: 'everything', waitMs: 0 });
    expect(await count()).toBe(5);
  });

  describe('where rows of other tables depend on ours', () => {
    beforeAll(async () => {
      await engine
        .kysely<unknown>()
        .schema.createTable('invoice')
        .addColumn('id', 'bigint', (column) => column.primaryKey())
        .addColumn('job_id', 'bigint')
        .addForeignKeyConstraint('invoice_job', ['job_id'], 'job', ['id'], (key) => key.onDelete('cascade'))
        .execute();
    });
    afterAll(async () => {
      await engine.kysely<unknown>().schema.dropTable('invoice').execute();
    });
    const invoices = () => engine.kysely<{ invoice: { id: bigint; job_id: bigint } }>();
    beforeEach(async () => {
      await invoices().insertInto('invoice').values({ id: 1n, job_id: 3n }).execute();
    });
    const left = async () => (await invoices().selectFrom('invoice').select('id').execute()).length;

    test('is refused until exactly these rows are confirmed', async () => {
      const planned = await planPrune(told.context, RULES, PERMISSIVE);
      const [consent] = planned.consents;
      expect(consent).toMatchObject({ kind: 'dependents', dependents: [{ table: 'invoice', rows: 1 }] });
      expect(await missing(runPurge(told.context, planned, { confirmed: [], waitMs: 0 }))).toEqual([consent]);
      expect([await count(), await left()]).toEqual([JOBS, 1]);
      const confirmed = planned.consents.map(confirmationOf);
      await runPurge(told.context, planned, { confirmed, waitMs: 0 });
      expect([await count(), await left()]).toEqual([5, 0]);
    });

    test('is refused whatever is confirmed when all is to be archived, and the rows cannot be', async () => {
      const planned = await planPrune(told.context, RULES, { ...PERMISSIVE, archiveAll: true });
      const run = (archive?: { readonly directory: string }) =>
        runPurge(told.context, planned, { confirmed: 'everything', waitMs: 0, archive });
      await expect(run({ directory })).rejects.toMatchObject({ code: 'CANNOT_BE_SAVED' });
      await expect(run()).rejects.toMatchObject({ code: 'USAGE' });
      expect([await count(), await left()]).toEqual([JOBS, 1]);
      await invoices().deleteFrom('invoice').execute();
    });

    test('keeps them, and asks nobody, where what is oversized is skipped', async () => {
      await setPolicy(told.context, { ...POLICY, maxAgeDays: 1 });
      const planned = await planRetention(told.context, { ...PERMISSIVE, skipOversized: true });
      expect(planned.consents).toEqual([]);
      const { result } = await runPurge(told.context, planned, { confirmed: [], waitMs: 0 });
      expect(result.skipped).toMatchObject({ rows: 1, named: [{ table: 'job', id: 3n }] });
      expect([await count(), await left()]).toEqual([1, 1]);
      await invoices().deleteFrom('invoice').execute();
    });
  });

  test('by policies leaves out what is oversized, or asks for it', async () => {
    await setPolicy(told.context, { ...POLICY, maxAgeDays: 1 });
    const asking = await planRetention(told.context, GUARD);
    expect(asking.consents).toMatchObject([{ kind: 'oversized', confirmedBy: String(JOBS) }]);
    const skipping = await planRetention(told.context, { ...GUARD, skipOversized: true });
    const done = await runPurge(told.context, skipping, { confirmed: [], waitMs: 0 });
    expect([done.oversized, await count()]).toEqual([[{ company: null, jobs: JOBS }], JOBS]);
    await runPurge(told.context, asking, { confirmed: asking.consents.map(confirmationOf), waitMs: 0 });
    expect(await count()).toBe(0);
  });

  test('gives space back where that is asked for, as does a reclaim by itself', async () => {
    const planned = await planPrune(told.context, RULES, PERMISSIVE);
    const { space } = await runPurge(told.context, planned, { confirmed: [], waitMs: 0, reclaim: true });
    expect(space).toMatchObject({ failure: null, reclaim: { stopped: null } });
    expect((await planReclaim(told.context)).where).toBe(engine.where);
    expect((await runReclaim(told.context, { waitMs: 0 })).result.stopped).toBeNull();
  });

  test('waits for no replica where there is none, and tells whom it would wait for', async () => {
    const planned = await planPrune(told.context, RULES, PERMISSIVE);
    const lag = { maxLagMs: 1_000, replicas: [] };
    const refused = await runPurge(told.context, planned, { confirmed: [], waitMs: 0, lag }).then(
      () => told.kinds().includes('watches-replicas'),
      (error: unknown) => (error as { code: string }).code === 'USAGE',
    );
    expect(refused).toBe(true);
  });

  test('ends with its signal', async () => {
    const planned = await planPrune(told.context, RULES, PERMISSIVE);
    const signal = AbortSignal.abort(new Error('enough'));
    const { result } = await runPurge({ ...told.context, signal }, planned, { confirmed: [], waitMs: 0 });
    expect(result.stopped).toBe('interrupted');
    expect(await count()).toBe(JOBS);
  });
});

const POLICY = {
  subject: 'job',
  company: null,
  template: null,
  keepLast: null,
  keepLastSuccess: false,
  enabled: true,
  note: null,
} as const;

describe('rules that say too little are refused', () => {
  test.each<[Partial<PruneRules>, RegExp]>([
    [{ jobs: false }, /What to delete/],
    [{ keep: null }, /what to keep/],
    [{ keep: null, keepPerTemplate: 5, logs: true }, /what to keep/],
    [{ jobs: false, logs: true, keepLastSuccess: true }, /only to jobs/],
    [{ jobs: false, logs: true, statuses: ['ok'] }, /only to jobs/],
  ])('%j', (change, message) => {
    expect(() => requireSenseOfPrune({ ...RULES, ...change })).toThrow(message);
  });
});
