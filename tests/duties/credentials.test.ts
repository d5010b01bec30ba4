/** Credentials that lack what their prototype requires are reported by id and field, and no value is ever told. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../src/schema/index.ts';
import { credentials } from '../../src/tasks/duties/credentials.ts';
import { loadSample } from '../../src/tasks/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { done, kept, NOW, onDuty, planned } from '../harness/on-duty.ts';

const SECRET = 's3cr3t-value';

describeEngines('credentials', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    await db()
      .insertInto('company')
      .values([
        { id: 1n, slug: 'acme', name: 'Acme', enabled: true },
        { id: 2n, slug: 'gone', name: 'Gone', enabled: false },
      ])
      .execute();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    await db().deleteFrom('credential_type').execute();
    await db().deleteFrom('credential_prototype').execute();
  });

  const db = () => database.engine.kysely<Database>();
  const prototype = (id: bigint, definition: unknown) =>
    db()
      .insertInto('credential_prototype')
      .values({
        id,
        uuid: `p${id}`,
        code: `P${id}`,
        name: 'A prototype',
        definition: JSON.stringify(definition),
      })
      .execute();
  const credential = (id: bigint, prototypeId: bigint | null, fields: unknown, company = 1n) =>
    db()
      .insertInto('credential_type')
      .values({
        id,
        uuid: `c${id}`,
        company_id: company,
        name: SECRET,
        credential_prototype_id: prototypeId,
        fields: fields === undefined ? null : JSON.stringify(fields),
      })
      .execute();

  test('are reported where a required field is missing or blank', async () => {
    await prototype(1n, {
      fields: [{ name: 'URL', required: true }, { name: 'TOKEN', required: true }, { name: 'NOTE' }],
    });
    await credential(1n, 1n, { URL: 'https://example.com', TOKEN: SECRET });
    await credential(2n, 1n, { URL: ' ', TOKEN: SECRET });
    await credential(3n, 1n, undefined);
    await credential(4n, null, {});
    await credential(5n, 1n, {}, 2n);
    const result = await done(credentials, onDuty(database.engine));
    expect(result.steps).toEqual([
      { action: 'report', what: 'credential', count: 1, detail: 'credential 2 lacks URL' },
      { action: 'report', what: 'credential', count: 1, detail: 'credential 3 lacks URL, TOKEN' },
    ]);
    expect(JSON.stringify(result)).not.toContain(SECRET);
  });

  test('of a prototype that cannot be read stop nobody', async () => {
    await prototype(1n, 'URL');
    await prototype(2n, [{ name: 'URL', required: true }]);
    await prototype(3n, null);
    await credential(1n, 1n, {});
    await credential(2n, 1n, {});
    await credential(3n, 2n, [SECRET]);
    await credential(4n, 2n, SECRET);
    await credential(5n, 3n, {});
    expect((await done(credentials, onDuty(database.engine))).steps.map(({ detail }) => detail)).toEqual([
      'prototype 1 has a definition that cannot be read',
      'prototype 3 has a definition that cannot be read',
      'credential 3 lacks URL',
      'credential 4 has fields that cannot be read',
    ]);
  });

  test('are named as far as somebody can read it, and the others counted', async () => {
    await prototype(
      1n,
      Object.fromEntries(
        Array.from({ length: 12 }, (_, n) => [`F${n}\u001b[31m${'x'.repeat(200)}`, { required: true }]),
      ),
    );
    for (let id = 1n; id <= 23n; id++) await credential(id, 1n, {});
    const { steps } = await done(credentials, onDuty(database.engine));
    expect(steps).toHaveLength(21);
    expect(steps[20]).toMatchObject({ count: 3, detail: 'more of the same, not listed' });
    expect(steps[0]?.detail).toMatch(/ and 2 more$/);
    expect(steps[0]?.detail).not.toContain('\u001b');
    expect(steps[0]?.detail?.length).toBeLessThan(800);
  });

  test('are looked at a page at a time, and the next run goes on', async () => {
    await prototype(1n, [{ name: 'URL', required: true }]);
    await database.engine.bulkLoad({
      table: 'credential_type',
      columns: ['id', 'uuid', 'company_id', 'name', 'credential_prototype_id', 'fields'],
      rows: Array.from({ length: 5_001 }, (_, n) => [
        BigInt(n + 1),
        `c${n}`,
        1n,
        'One',
        1n,
        n < 5_000 ? '{"URL":"x"}' : null,
      ]),
    });
    const plan = await planned(credentials, onDuty(database.engine));
    expect(plan).toMatchObject({ steps: [], position: '5000' });
    expect(
      (await done(credentials, onDuty(database.engine, { position: kept(plan.position) }))).steps,
    ).toMatchObject([{ detail: 'credential 5001 lacks URL' }]);
  });

  test('are not looked at once somebody has ended it', async () => {
    const ended = new Error('ended');
    await expect(
      credentials.plan(onDuty(database.engine, { signal: AbortSignal.abort(ended) })),
    ).rejects.toBe(ended);
  });

  test('of the sample history lack nothing', async () => {
    await loadSample(
      { engine: database.engine, program: 'a test' },
      { jobs: 50, days: 5, seed: 1, until: NOW },
    );
    expect((await planned(credentials, onDuty(database.engine))).steps).toEqual([]);
    expect(await db().selectFrom('credential_type').selectAll().execute()).not.toEqual([]);
  });
});
