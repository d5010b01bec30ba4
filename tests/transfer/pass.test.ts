/** A pass of the copy reads the source again, unless its engine proves that nobody has written since the pass before. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { type Known, makeSame, movedTables, ofOneMoment, type Pass } from '../../src/transfer/index.ts';
import { describeEngines, migratedDatabase, type TestDatabase } from '../harness/engines.ts';
import { makeCompany } from '../harness/history.ts';
import { loadKnown } from '../harness/known-history.ts';
import { contents } from '../harness/switching.ts';

type Made = TestDatabase & { readonly engine: Engine };

describeEngines('a pass', (name) => {
  let source: Made;
  let target: Made;
  let reader: Engine;
  let targetReader: Engine;
  beforeAll(async () => {
    [source, target] = [await migratedDatabase(name), await migratedDatabase('sqlite')];
    [reader, targetReader] = [await source.open('inspect'), await target.open('inspect')];
    await source.engine
      .kysely<Database>()
      .insertInto('company')
      .values([named('a'), named('b')])
      .execute();
  });
  afterAll(async () => {
    await reader.close();
    await targetReader.close();
    await target.drop();
    await source.drop();
  });

  const named = (slug: string) => ({ slug, name: slug });

  async function pass(known?: Known): Promise<Pass & { readonly read: number }> {
    const { tables } = await movedTables(source.engine);
    let read = 0;
    const onRows = (rows: number) => {
      read += rows;
    };
    return ofOneMoment(reader, async (side) => {
      const request = {
        sources: [side],
        target: target.engine,
        targetReader,
        tables,
        known,
        onRows,
      } as const;
      return { ...(await makeSame(request)), read };
    });
  }

  test('finds what was written since, whatever it was, and reads nothing where nothing was', async () => {
    const db = source.engine.kysely<Database>();
    const first = await pass();
    const second = await pass(first);
    expect(second.changed).toBe(0);
    expect(second.portions.map(({ sum }) => sum.digest)).toEqual(first.portions.map(({ sum }) => sum.digest));
    // Other databases of a server are written to as well, by other tests.
    if (name === 'sqlite') expect(second).toMatchObject({ unchanged: true, read: 0 });
    if (second.unchanged) expect(second.read).toBe(0);
    else expect(second.read).toBeGreaterThan(0);

    await db.updateTable('company').set({ name: 'other' }).where('slug', '=', 'a').execute();
    const updated = await pass(second);
    expect(updated).toMatchObject({ unchanged: false, changed: 1 });
    expect(await contents(target.engine)).toEqual(await contents(source.engine));

    await db.insertInto('company').values(named('c')).execute();
    await db.deleteFrom('company').where('slug', '=', 'b').execute();
    const replaced = await pass(updated);
    expect(replaced).toMatchObject({ unchanged: false, changed: 2 });
    expect(await contents(target.engine)).toEqual(await contents(source.engine));
  });

  test('knows nothing of a state that has no name', async () => {
    const first = await pass();
    expect(await pass({ ...first, state: null })).toMatchObject({ unchanged: false, changed: 0 });
  });
});

describeEngines('a copy', (name) => {
  let source: Made;
  let target: Made;
  let reader: Engine;
  let targetReader: Engine;
  beforeAll(async () => {
    [source, target] = [await migratedDatabase('sqlite'), await migratedDatabase(name)];
    [reader, targetReader] = [await source.open('inspect'), await target.open('inspect')];
    await makeCompany(source.engine);
    await loadKnown(source.engine, [
      { id: 1n, status: 'ok', minute: 1, artifacts: 2, logs: 1 },
      { id: 2n, status: 'ok', minute: 2, artifacts: 1, logs: 1 },
      { id: 3n, status: 'ok', minute: 3, artifacts: 1, logs: 0, template: 3n },
    ]);
  });
  afterAll(async () => {
    await reader.close();
    await targetReader.close();
    await target.drop();
    await source.drop();
  });

  const db = () => source.engine.kysely<Database>();
  let known: Known | undefined;
  async function copied(): Promise<number> {
    const { tables } = await movedTables(source.engine);
    const pass = await ofOneMoment(reader, (side) =>
      makeSame({ sources: [side], target: target.engine, targetReader, tables, known }),
    );
    known = pass;
    expect(await contents(target.engine)).toEqual(await contents(source.engine));
    return pass.changed;
  }

  test('has children of a row that is gone where they went, whether it would take them along or may not go', async () => {
    await copied();
    await db().updateTable('artifacts').set({ job_id: 2n }).where('job_id', '=', 1n).execute();
    await db().deleteFrom('job').where('id', '=', 1n).execute();
    await db().updateTable('run_template').set({ company_id: 1n }).where('id', '=', 3n).execute();
    await db().updateTable('job').set({ company_id: 1n }).where('company_id', '=', 2n).execute();
    await db().deleteFrom('company').where('id', '=', 2n).execute();
    expect(await copied()).toBeGreaterThanOrEqual(6);
  });

  test('has unique values that two rows have exchanged', async () => {
    await db().insertInto('company').values({ id: 5n, slug: 'five', name: 'Five' }).execute();
    await copied();
    for (const [id, slug] of [
      [1n, 'between'],
      [5n, 'acme'],
      [1n, 'five'],
    ] as const)
      await db().updateTable('company').set({ slug }).where('id', '=', id).execute();
    await copied();
  });

  test('is mended where somebody else has changed it', async () => {
    await target.engine.kysely<Database>().updateTable('job').set({ command: 'theirs' }).execute();
    await target.engine.kysely<Database>().deleteFrom('artifacts').execute();
    known = undefined;
    expect(await copied()).toBeGreaterThan(3);
  });
});
