/** Archives without a terminal: made, looked at, put back where they are from and elsewhere, removed. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import {
  listArchives,
  planArchiveRemoval,
  planArchiveRestore,
  planPrune,
  runArchiveRemoval,
  runArchiveRestore,
  runPurge,
  showArchive,
  verifyArchives,
} from '../../src/tasks/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory, type TestJob } from '../harness/history.ts';
import { confirmationOf, missing, Told } from './told.ts';

const JOBS = 12;
const RULES = {
  logs: false,
  jobs: true,
  keep: 4,
  keepPerTemplate: null,
  keepLastSuccess: false,
  olderThan: null,
  statuses: null,
  company: null,
};

describeEngines('archives without a terminal', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  let told: Told;
  let archive: string;
  const directory = mkdtempSync(join(tmpdir(), 'multiflexi-tasks-'));
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    told = new Told(engine);
    await makeCompany(engine);
    const jobs = Array.from(
      { length: JOBS },
      (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n, artifacts: 1, logs: 1 }),
    );
    await makeHistory(engine, jobs, []);
  });
  afterAll(async () => {
    await database.drop();
    rmSync(directory, { recursive: true });
  });

  async function count(): Promise<number> {
    return (await engine.kysely<Database>().selectFrom('job').select('id').execute()).length;
  }

  test('are made by a purge, and can be looked at', async () => {
    const guard = { percent: 100, skipOversized: false, archiveAll: true };
    const planned = await planPrune(told.context, RULES, guard);
    const { result } = await runPurge(told.context, planned, {
      confirmed: [],
      waitMs: 0,
      archive: { directory },
    });
    archive = result.archive?.name ?? '';
    expect(await count()).toBe(4);
    expect(listArchives(directory)).toMatchObject([{ name: archive, state: 'whole', fault: null }]);
    const { catalogue } = showArchive(directory, archive);
    expect(catalogue.command).toBe('a test');
    expect(() => showArchive(directory, 'none')).toThrow(/no archive none/);
    const found: string[] = [];
    const [finding] = await verifyArchives({ directory }, { onFinding: (one) => found.push(one.archive) });
    expect([finding?.faults, finding?.rows, found]).toEqual([[], 3 * (JOBS - 4), [archive]]);
  });

  test('are put back, as a whole or a job of them', async () => {
    const request = { archive, jobs: null };
    const planned = await planArchiveRestore(told.context, { directory }, request);
    expect([planned.differences, planned.consents]).toEqual([[], []]);
    const run = { ...request, confirmed: [], waitMs: 0 };
    await expect(
      runArchiveRestore(told.context, { directory }, { ...run, jobs: [999n] }),
    ).rejects.toMatchObject({ code: 'UNKNOWN_TARGET' });
    await runArchiveRestore(told.context, { directory }, { ...run, jobs: [3n] });
    expect(await count()).toBe(5);
    const restored = await runArchiveRestore(told.context, { directory }, run);
    expect(restored[0]).toMatchObject({ table: 'job', restored: JOBS - 5, present: 1, conflicts: 0 });
    expect(await count()).toBe(JOBS);
    expect(told.progress.at(-1)).toMatchObject({ activity: 'restoring' });
  });

  // A second database takes long to make on a server, and no engine has a part in it.
  test.runIf(name === 'sqlite')('of another installation are put here once that is confirmed', async () => {
    const elsewhere = await migratedDatabase(name);
    await makeCompany(elsewhere.engine);
    const there = new Told(elsewhere.engine);
    const run = { archive, jobs: null, waitMs: 0 };
    const asked = await missing(runArchiveRestore(there.context, { directory }, { ...run, confirmed: [] }));
    expect(asked).toMatchObject([{ kind: 'origin' }]);
    const db = elsewhere.engine.kysely<Database>();
    expect(await db.selectFrom('job').select('id').execute()).toEqual([]);
    const confirmed = asked.map(confirmationOf);
    const [jobs] = await runArchiveRestore(there.context, { directory }, { ...run, confirmed });
    expect(jobs).toMatchObject({ table: 'job', restored: JOBS - 4 });
    await elsewhere.drop();
  });

  test('that cannot be read are listed with the reason, and shown with none', async () => {
    const other = `20200101T000000Z${archive.slice(archive.lastIndexOf('-'))}`;
    const damaged = join(directory, other);
    mkdirSync(damaged);
    expect(listArchives(directory)[0]).toMatchObject({ state: 'unsettled' });
    expect(() => showArchive(directory, other)).toThrow(/incomplete/);
    writeFileSync(join(damaged, 'archive.json'), '{}');
    expect(listArchives(directory)[0]).toMatchObject({ state: 'damaged', fault: expect.any(String) });
    expect(() => showArchive(directory, other)).toThrow(/damaged/);
    rmSync(damaged, { recursive: true });
  });

  test('are removed once that is confirmed', async () => {
    expect(() => planArchiveRemoval(directory, {})).toThrow(/either names/);
    expect(() => planArchiveRemoval(directory, { names: [archive], olderThan: 1 })).toThrow(/either names/);
    expect(planArchiveRemoval(directory, { olderThan: 1 })).toEqual({ archives: [], consents: [] });
    const plan = planArchiveRemoval(directory, { olderThan: Date.now() + 5_000 });
    expect(plan.consents).toMatchObject([{ kind: 'removal', archives: [archive], jobs: JOBS - 4 }]);
    expect(await missing(runArchiveRemoval(told.context, plan, []))).toEqual(plan.consents);
    expect(existsSync(join(directory, archive))).toBe(true);
    await runArchiveRemoval(told.context, plan, plan.consents.map(confirmationOf));
    expect(listArchives(directory)).toEqual([]);
  });
});
