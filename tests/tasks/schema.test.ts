/** What is done to the schema, without a terminal; that it is the same on every engine is shown by tests/migrations and tests/process. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { LEDGER, MIGRATIONS, STEPS } from '../../src/migrations/index.ts';
import { type Database, isBookkeeping } from '../../src/schema/index.ts';
import {
  changeBreakpoint,
  loadSample,
  measureSize,
  planMigrate,
  planRestoreRollback,
  planRollback,
  readStatus,
  runMigrate,
  runRestoreRollback,
  runRollback,
  verifySchema,
} from '../../src/tasks/index.ts';
import { freshDatabase, isAvailable, type TestDatabase } from '../harness/engines.ts';
import { confirmationOf, missing, Told } from './told.ts';

/** Before the tables that have rows here. */
const TARGET = '20221012185432';
const WAIT = { waitMs: 0 };

describe.skipIf(!isAvailable('sqlite'))('the schema without a terminal', () => {
  let database: TestDatabase;
  let engine: Engine;
  let told: Told;
  const directory = mkdtempSync(join(tmpdir(), 'multiflexi-tasks-'));
  beforeAll(async () => {
    database = await freshDatabase('sqlite');
    engine = await database.open('create');
    told = new Told(engine);
  });
  afterAll(async () => {
    await engine.close();
    await database.drop();
    rmSync(directory, { recursive: true });
  });

  async function rowsOf(table: 'job' | 'artifacts'): Promise<number> {
    return (await engine.kysely<Database>().selectFrom(table).select('id').execute()).length;
  }

  test('is planned, migrated, filled and looked at', async () => {
    expect(await readStatus(told.context)).toMatchObject({ kind: 'empty', foreign: null });
    const planned = await planMigrate(told.context, {});
    expect([planned.plan.migrations.length, planned.consents]).toEqual([MIGRATIONS.length, []]);
    const { migrations, backup } = await runMigrate(told.context, { ...WAIT, backup: { directory } });
    expect([migrations.length, backup]).toEqual([MIGRATIONS.length, null]);
    expect(told.kinds()).toContain('migration');
    expect(await readStatus(told.context)).toMatchObject({ kind: 'ours', pending: 0 });

    const sample = { jobs: 50, days: 5, seed: 1 };
    const { tables } = await loadSample(told.context, sample);
    expect(tables).toContainEqual({ table: 'job', rows: 50 });
    await expect(loadSample(told.context, sample)).rejects.toMatchObject({ code: 'HAS_JOBS' });
    expect(told.progress.at(-1)).toMatchObject({ activity: 'loading' });

    const { tables: sizes } = await measureSize(told.context, true);
    expect(sizes.find((table) => table.name === 'job')).toMatchObject({ rows: 50, rowsExact: true });
    expect(await verifySchema(told.context)).toMatchObject({ differences: [], pending: 0 });
  });

  test('stops a rollback at a breakpoint', async () => {
    const request = { change: 'set', target: TARGET, waitMs: 0 } as const;
    expect(await changeBreakpoint(told.context, request)).toMatchObject([{ version: TARGET, set: true }]);
    await expect(planRollback(told.context, { target: '0' })).rejects.toMatchObject({ code: 'BREAKPOINT' });
    expect(await changeBreakpoint(told.context, { ...request, change: 'unset' })).toHaveLength(1);
  });

  test('is rolled back once exactly the losses are confirmed, which are then put back', async () => {
    const request = { target: TARGET };
    const { consents, lossToken } = await planRollback(told.context, request);
    expect(consents).toMatchObject([{ kind: 'losses', confirmedBy: lossToken }]);
    const run = { ...request, ...WAIT, backup: { directory } };
    expect(await missing(runRollback(told.context, { ...run, confirmed: [] }))).toEqual(consents);
    const other = [{ kind: 'losses', confirmedBy: '00000000' }] as const;
    await expect(runRollback(told.context, { ...run, confirmed: other })).rejects.toThrow(/00000000/);
    expect([await rowsOf('job'), readdirSync(directory)]).toEqual([50, []]);

    told.notices.length = 0;
    const confirmed = consents.map(confirmationOf);
    const { backup } = await runRollback(told.context, { ...run, confirmed });
    expect(told.kinds()).toEqual(expect.arrayContaining(['confirmed', 'losses-saved', 'migration']));
    expect(existsSync(backup ?? '')).toBe(true);

    await runMigrate(told.context, { ...WAIT, backup: null });
    const file = backup ?? '';
    const planned = await planRestoreRollback(told.context, file);
    expect(planned.consents).toEqual([]);
    const restored = await runRestoreRollback(told.context, { file, confirmed: [], waitMs: 0 });
    expect(restored.map((part) => part.restored)).toEqual(planned.parts.map(({ rows }) => rows));
    expect(await rowsOf('job')).toBe(50);

    // The same file in another installation: its rows may not belong there.
    const elsewhere = await freshDatabase('sqlite');
    const another = await elsewhere.open('create');
    const there = new Told(another);
    await runMigrate(there.context, { ...WAIT, backup: null });
    const asked = await missing(runRestoreRollback(there.context, { file, confirmed: [], waitMs: 0 }));
    expect(asked).toMatchObject([{ kind: 'origin' }]);
    const agreed = asked.map(confirmationOf);
    await runRestoreRollback(there.context, { file, confirmed: agreed, waitMs: 0 });
    expect(there.kinds()).toContain('confirmed');
    await another.close();
    await elsewhere.drop();
  });

  test('asks nobody about what maintenance has recorded, unless it would not be saved', async () => {
    const { consents, plan } = await planRollback(told.context, { target: '20251130113650' });
    expect([consents, plan.losses.every(isBookkeeping)]).toEqual([[], true]);
    expect(plan.losses.length).toBeGreaterThan(0);
    const unsaved = await planRollback(told.context, { target: '20251130113650' }, false);
    expect(unsaved.consents).toHaveLength(1);
    const run = { target: '20251130113650', ...WAIT, confirmed: [] };
    await missing(runRollback(told.context, { ...run, backup: null }));
    told.notices.length = 0;
    await runRollback(told.context, { ...run, backup: { directory } });
    expect(told.kinds()).toContain('bookkeeping-lost');
    await runMigrate(told.context, { ...WAIT, backup: null });
  });

  test('without its ledger is told which version to record', async () => {
    const db = engine.kysely<Record<string, Record<string, unknown>>>();
    await db.deleteFrom(STEPS).execute();
    await db.deleteFrom(LEDGER).execute();
    await expect(runMigrate(told.context, { ...WAIT, backup: null })).rejects.toMatchObject({
      code: 'SCHEMA_UNRECORDED',
      nextStep: expect.arrayContaining([
        {
          action: 'migrate',
          inputs: [{ input: 'fake' }, { input: 'target', value: MIGRATIONS.at(-1)?.version }],
        },
      ]),
    });
    const recorded = await runMigrate(told.context, { ...WAIT, fake: true, backup: null });
    expect(recorded.migrations).toHaveLength(MIGRATIONS.length);
  });
});
