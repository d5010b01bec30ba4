/** Policies delete what they say, hold what is held, and explain themselves truly: held against a model, job by job. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  applyPurge,
  explain,
  hold,
  listHolds,
  listPolicies,
  type NewPolicy,
  planPurge,
  policyBook,
  release,
  removePolicy,
  setPolicy,
} from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import { type Database, FINISHED, type JobStatus } from '../../src/schema/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { companyOf, makeCompany, makeHistory, type TestJob, templateOf } from '../harness/history.ts';
import { tries } from '../harness/tries.ts';

const DAY = 24 * 60;
/** The histories begin with 2026; jobs are of its first twenty days. */
const NOW = Date.UTC(2026, 0, 21, 12);
const STATUSES: readonly JobStatus[] = ['waiting', 'running', 'ok', 'failed', 'canceled'];

const jobs = fc.uniqueArray(
  fc.record({
    id: fc.bigInt({ min: 1n, max: 500n }),
    status: fc.constantFrom(...STATUSES, 'ok', 'ok'),
    minute: fc.integer({ min: 0, max: 19 }).map((day) => day * DAY),
    artifacts: fc.integer({ min: 0, max: 2 }),
    logs: fc.integer({ min: 0, max: 2 }),
    template: fc.constantFrom(1n, 1n, 2n, 3n, null),
    // A run template may have been moved to another company since.
    company: fc.constantFrom(undefined, undefined, 1n, 2n),
  }),
  { selector: (job) => job.id, maxLength: 30 },
);
const limits = fc
  .record({
    maxAgeDays: fc.option(fc.integer({ min: 1, max: 22 })),
    keepLast: fc.option(fc.integer({ min: 0, max: 5 })),
  })
  .filter(({ maxAgeDays, keepLast }) => maxAgeDays !== null || keepLast !== null);
const policies = fc.uniqueArray(
  fc
    .tuple(
      limits,
      fc.constantFrom([null, null], [1n, null], [2n, null], [null, 1n], [null, 3n]),
      fc.boolean(),
      fc.constantFrom(true, true, true, false),
    )
    .map(
      ([limit, [company = null, template = null], keepLastSuccess, enabled]): NewPolicy => ({
        subject: 'job',
        ...limit,
        company,
        template,
        keepLastSuccess,
        enabled,
        note: null,
      }),
    ),
  { selector: ({ company, template }) => `${company} ${template}`, maxLength: 4 },
);

describeEngines('retention', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
  });
  afterAll(() => database.drop());

  async function clear(): Promise<void> {
    const db = engine.kysely<Database>();
    await db.deleteFrom('retention_hold').execute();
    await db.deleteFrom('retention_policy').execute();
  }
  const left = async () =>
    (await engine.kysely<Database>().selectFrom('job').select('id').orderBy('id').execute()).map(
      ({ id }) => id,
    );

  test('deletes what the model deletes, and every job was explained as it went', {
    timeout: 300_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(jobs, policies, async (history, wanted) => {
        await clear();
        await makeHistory(engine, history, []);
        for (const policy of wanted) await setPolicy(engine, policy);
        const [first] = history;
        if (first && first.minute % 3 === 0)
          await hold(engine, { job: first.id, template: null, company: null }, null, 'tested');
        const held = first && first.minute % 3 === 0 ? first.id : undefined;
        const explained = new Map<bigint, boolean>();
        for (const { id } of history) explained.set(id, (await explain(engine, id, NOW)).goes);
        await applyPurge(engine, await planPurge(engine, await policyBook(engine, NOW)), {
          program: 'test',
          waitMs: 0,
        });
        const kept = history.filter((job) => stays(job, history, wanted, held)).map(({ id }) => id);
        expect(await left()).toEqual(kept.sort((a, b) => (a < b ? -1 : 1)));
        for (const { id } of history) expect([id, explained.get(id)]).toEqual([id, !kept.includes(id)]);
      }),
      { numRuns: tries(name === 'sqlite' ? 150 : 30) },
    );
  });

  test('a policy is changed in its place, and gone when it is removed', async () => {
    await clear();
    const policy = {
      subject: 'job',
      company: null,
      template: null,
      maxAgeDays: 9,
      keepLast: null,
      keepLastSuccess: true,
      archive: true,
      enabled: true,
      note: null,
    } as const;
    const id = await setPolicy(engine, policy);
    expect(await setPolicy(engine, { ...policy, maxAgeDays: 10, note: 'longer' })).toBe(id);
    expect(await listPolicies(engine)).toEqual([{ ...policy, id, maxAgeDays: 10, note: 'longer' }]);
    await removePolicy(engine, id);
    expect(await listPolicies(engine)).toEqual([]);
    await expect(removePolicy(engine, id)).rejects.toMatchObject({ code: 'UNKNOWN_TARGET' });
  });

  test.each([
    [{ maxAgeDays: null, keepLast: null }, /delete nothing/],
    [{ subject: 'logger', template: 1n }, /only to jobs/],
    [{ company: 1n, template: 1n }, /for a run template or for a company, not both/],
    [{ subject: 'token', keepLast: 5 }, /by age only/],
  ] as const)('a policy that makes no sense is refused: %o', async (change, message) => {
    const policy = {
      subject: 'job',
      company: null,
      template: null,
      maxAgeDays: 9,
      keepLast: null,
      keepLastSuccess: true,
      enabled: true,
      note: null,
    } as const;
    await expect(setPolicy(engine, { ...policy, ...change })).rejects.toThrow(message);
  });

  test('a hold ends when it is released or its time is over', async () => {
    await clear();
    await makeHistory(
      engine,
      [1n, 2n, 3n].map((id): TestJob => ({ id, status: 'ok', minute: 0, artifacts: 1, logs: 1 })),
      [],
    );
    await setPolicy(engine, {
      subject: 'job',
      company: null,
      template: null,
      maxAgeDays: 1,
      keepLast: null,
      keepLastSuccess: false,
      enabled: true,
      note: null,
    });
    await hold(engine, { job: 1n, template: null, company: null }, null, 'kept');
    await hold(engine, { job: 2n, template: null, company: null }, '2026-01-01 00:00:00.000000', 'over');
    await expect(
      hold(engine, { job: 99n, template: null, company: null }, null, 'none'),
    ).rejects.toMatchObject({ code: 'UNKNOWN_TARGET' });
    const run = async () =>
      applyPurge(engine, await planPurge(engine, await policyBook(engine, NOW)), {
        program: 'test',
        waitMs: 0,
      });
    await run();
    expect(await left()).toEqual([1n]);
    const [held] = await listHolds(engine);
    expect(held).toMatchObject({ job: 1n, reason: 'kept', over: false });
    await release(engine, held?.id ?? 0n);
    await run();
    expect(await left()).toEqual([]);
  });

  test('tokens go when they ended long enough ago', async () => {
    await clear();
    const db = engine.kysely<Database>();
    await db
      .insertInto('user')
      .values({ id: 1n, login: 'somebody', email: 'a@example.org' } as never)
      .execute();
    for (const [token, until] of [
      ['old', '2026-01-01 00:00:00.000000'],
      ['recent', '2026-01-20 00:00:00.000000'],
      ['for ever', null],
    ])
      await db
        .insertInto('token')
        .values({ user_id: 1n, token: token ?? '', until })
        .execute();
    await setPolicy(engine, {
      subject: 'token',
      company: null,
      template: null,
      maxAgeDays: 7,
      keepLast: null,
      keepLastSuccess: false,
      enabled: true,
      note: null,
    });
    const plan = await planPurge(engine, await policyBook(engine, NOW));
    expect(plan.tables).toContainEqual({
      table: 'token',
      rows: 1,
      withTheirJob: 0,
      bytes: expect.any(Number),
    });
    await applyPurge(engine, plan, { program: 'test', waitMs: 0 });
    const rest = await db.selectFrom('token').select('token').orderBy('token').execute();
    expect(rest.map(({ token }) => token)).toEqual(['for ever', 'recent']);
  });
});

function stays(
  job: TestJob,
  history: readonly TestJob[],
  all: readonly NewPolicy[],
  held: bigint | undefined,
): boolean {
  if (job.id === held || !FINISHED.some((status) => status === job.status)) return true;
  const inForce = all.filter(({ enabled }) => enabled);
  const template = templateOf(job);
  const policy =
    inForce.find((one) => template !== null && one.template === template) ??
    inForce.find((one) => one.template === null && one.company === companyOf(job)) ??
    inForce.find((one) => one.template === null && one.company === null);
  if (!policy) return true;
  const { maxAgeDays, keepLast, keepLastSuccess } = policy;
  const ageDays = (NOW - Date.UTC(2026, 0, 1)) / 86_400_000 - job.minute / DAY;
  if (maxAgeDays !== null && ageDays <= maxAgeDays) return true;
  // Jobs of no run template have no newest ones.
  if (template === null) return maxAgeDays === null;
  const newestFirst = history
    .filter((other) => templateOf(other) === template)
    .sort((a, b) => b.minute - a.minute || (a.id < b.id ? 1 : -1));
  if (keepLast !== null && newestFirst.indexOf(job) < keepLast) return true;
  return keepLastSuccess && newestFirst.find(({ status }) => status === 'ok') === job;
}
