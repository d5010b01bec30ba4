/** Policies, holds and explanations without a terminal. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import {
  explainJob,
  holdRows,
  listRetention,
  releaseHold,
  removePolicy,
  setPolicy,
} from '../../src/tasks/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { Told } from './told.ts';

const POLICY = {
  subject: 'job',
  company: null,
  template: null,
  maxAgeDays: 1,
  keepLast: null,
  keepLastSuccess: false,
  enabled: true,
  note: null,
} as const;
const HOLD = { job: null, template: null, company: null, until: null, reason: 'audit' } as const;

describeEngines('retention without a terminal', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  let told: Told;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    told = new Told(engine);
    await makeCompany(engine);
    await makeHistory(engine, [{ id: 1n, status: 'ok', minute: 0, artifacts: 0, logs: 0 }], []);
  });
  afterAll(() => database.drop());

  test('is set, explained, held and taken back', async () => {
    const policy = await setPolicy(told.context, { ...POLICY, company: 'acme' });
    expect(await explainJob(told.context, 1n)).toMatchObject({ goes: true, policy: { id: policy } });
    const until = Date.now() + 60_000;
    expect(await holdRows(told.context, { ...HOLD, company: '1', until })).toMatchObject({
      target: { job: null, template: null, company: 1n },
    });
    expect(await explainJob(told.context, 1n)).toMatchObject({ goes: false });
    expect(await explainJob(told.context, 1n, until + 60_000)).toBeDefined();
    const { policies, holds } = await listRetention(told.context);
    expect([policies.length, holds.length]).toEqual([1, 1]);
    await releaseHold(told.context, holds[0]?.id ?? 0n);
    await removePolicy(told.context, policy);
    expect(await listRetention(told.context)).toEqual({ policies: [], holds: [], slugs: new Map() });
  });

  test('refuses what it cannot mean', async () => {
    const { context } = told;
    await expect(setPolicy(context, { ...POLICY, company: 'nobody' })).rejects.toMatchObject({
      code: 'UNKNOWN_TARGET',
    });
    await expect(setPolicy(context, { ...POLICY, template: 99n })).rejects.toThrow('no run template 99');
    await expect(setPolicy(context, { ...POLICY, maxAgeDays: null })).rejects.toMatchObject({
      code: 'USAGE',
    });
    await expect(holdRows(context, HOLD)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(holdRows(context, { ...HOLD, job: 1n, company: 'acme' })).rejects.toThrow('one thing');
    await expect(holdRows(context, { ...HOLD, job: 99n })).rejects.toMatchObject({ code: 'UNKNOWN_TARGET' });
    await expect(releaseHold(context, 99n)).rejects.toMatchObject({ code: 'UNKNOWN_TARGET' });
    await expect(removePolicy(context, 99n)).rejects.toMatchObject({ code: 'UNKNOWN_TARGET' });
    await expect(explainJob(context, 99n)).rejects.toMatchObject({ code: 'UNKNOWN_TARGET' });
    expect(await listRetention(context)).toEqual({ policies: [], holds: [], slugs: new Map() });
  });
});
