/** Rows at the edges of what a key can be: found, held, explained and deleted as all others. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  applyPurge,
  explain,
  findCompany,
  hold,
  planPurge,
  release,
  sameForAll,
} from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import { loadSample } from '../../src/sample/index.ts';
import { type Database, HIGHEST_ID, LOWEST_ID } from '../../src/schema/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany, makeHistory } from '../harness/history.ts';
import { finishedJobs } from '../harness/rule-books.ts';

const EDGES = [LOWEST_ID, -5n, 0n, 1n, HIGHEST_ID - 1n, HIGHEST_ID];

describeEngines('ids at the edges', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
  });
  afterAll(() => database.drop());

  const fill = () =>
    makeHistory(
      engine,
      EDGES.map((id) => ({ id, status: 'ok', minute: 5, artifacts: 1, logs: 1 })),
      [],
    );
  const ids = async () =>
    (await engine.kysely<Database>().selectFrom('job').select('id').orderBy('id').execute()).map(
      ({ id }) => id,
    );
  const keep = (n: number | null, olderThan: string | null = null) =>
    sameForAll(null, finishedJobs({ keep: n, olderThan }), { keep: n, keepPerCompany: null, olderThan });
  const purge = async (rules: ReturnType<typeof keep>) =>
    applyPurge(engine, await planPurge(engine, rules), { program: 'test', waitMs: 0 });

  test('keeping none deletes all of them, the one behind which no id comes as well', async () => {
    await fill();
    // A row of the very instant that comes later is newer, and stays; what cannot be newer has no larger id.
    const plan = await planPurge(engine, keep(0));
    expect(plan.tables).toContainEqual(expect.objectContaining({ table: 'job', rows: EDGES.length }));
    await applyPurge(engine, plan, { program: 'test', waitMs: 0 });
    expect(await ids()).toEqual([]);
  });

  test('the end of a second does not hide the next microsecond', async () => {
    await fill();
    for (const instant of ['2026-01-31 23:59:59.999999', '2026-01-31 23:59:59.000009']) {
      await engine.kysely<Database>().updateTable('job').set({ DatCreate: instant }).execute();
      await purge(keep(0));
      expect(await ids()).toEqual([]);
      await fill();
    }
  });

  test('the newest ones are kept by their order', async () => {
    await fill();
    await purge(keep(2));
    expect(await ids()).toEqual(EDGES.slice(-2));
    await purge(keep(null, at(6)));
    expect(await ids()).toEqual([]);
  });

  test('each can be held, explained and released', async () => {
    await fill();
    for (const id of EDGES) {
      await hold(engine, { job: id, template: null, company: null }, null, 'edge');
      expect(await explain(engine, id, Date.UTC(2026, 5))).toMatchObject({ job: id, goes: false });
    }
    await purge(keep(0));
    expect(await ids()).toEqual(EDGES);
    for (const { id } of await engine.kysely<Database>().selectFrom('retention_hold').select('id').execute())
      await release(engine, id);
  });

  test('a company is found by an id of 19 digits, and one that no table could have is said to be none', async () => {
    await engine
      .kysely<Database>()
      .insertInto('company')
      .values({ id: HIGHEST_ID, slug: 'last', name: 'Last' })
      .execute();
    expect(await findCompany(engine, String(HIGHEST_ID))).toBe(HIGHEST_ID);
    expect(await findCompany(engine, 'last')).toBe(HIGHEST_ID);
    for (const word of [String(HIGHEST_ID + 1n), '99999999999999999999'])
      await expect(findCompany(engine, word)).rejects.toMatchObject({ code: 'UNKNOWN_TARGET' });
  });

  test('a sample that no ids are left for is refused before anything is written', async () => {
    await fill();
    const before = await engine.kysely<Database>().selectFrom('user').selectAll().execute();
    const options = { jobs: 10, days: 1, seed: 1, until: Date.UTC(2026, 0, 2), force: true };
    await expect(loadSample(engine, options)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('near their highest value'),
    });
    expect(await engine.kysely<Database>().selectFrom('user').selectAll().execute()).toEqual(before);
  });
});
