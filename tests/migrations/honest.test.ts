/** What the ledger says is believed, and what does not fit it is said: changed, missing, out of order, newer, held. */
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { applyMigrations } from '../../src/migrations/apply.ts';
import { changeBreakpoints } from '../../src/migrations/breakpoints.ts';
import { id, nullable, string } from '../../src/migrations/columns.ts';
import { LEDGER, type LedgerSchema, STEPS } from '../../src/migrations/ledger/tables.ts';
import type { Migration } from '../../src/migrations/migration.ts';
import { addColumn, createTable, dropColumn, dropTable } from '../../src/migrations/operations/index.ts';
import { type MigrationPlan, planMigrate, planRollback } from '../../src/migrations/plan.ts';
import { readStatus } from '../../src/migrations/status.ts';
import { describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';

const more = nullable(string('more', 20, 'more of it'));
const one: Migration = {
  version: '20300101000000',
  name: 'one',
  up: [createTable('one', 'the first', [id('key')])],
  down: [dropTable('one')],
};
const two: Migration = {
  version: '20300102000000',
  name: 'two',
  up: [addColumn('one', more)],
  down: [dropColumn('one', more)],
};
const three: Migration = {
  version: '20300103000000',
  name: 'three',
  up: [createTable('three', 'the third', [id('key')])],
  down: [dropTable('three')],
};

describeEngines('the ledger', (name) => {
  let database: TestDatabase;
  let engine: Engine;
  beforeEach(async () => {
    database = await freshDatabase(name);
    engine = await database.open('create');
  });
  afterEach(async () => {
    await engine.close();
    await database.drop();
  });

  async function apply(plan: () => Promise<MigrationPlan>, fake = false): Promise<string[]> {
    const lock = await engine.lock({ name: 'migrations', program: 'test', waitMs: 0 });
    try {
      return (await applyMigrations(engine, await plan(), { lock, fake })).map((done) => done.name);
    } finally {
      await lock.release();
    }
  }
  const up = (known: readonly Migration[], ...acceptChanged: string[]) =>
    apply(() => planMigrate(engine, known, { acceptChanged }));
  const notes = async (known: readonly Migration[]) =>
    (await readStatus(engine, known)).migrations.map((migration) => [
      migration.name,
      migration.status,
      migration.missing,
      migration.changedAt,
      migration.outOfOrder,
    ]);

  test('lets an older program take back what a newer one applied', async () => {
    await up([one, two, three]);
    expect(await readStatus(engine, [one])).toMatchObject({ missing: 2, newerThanProgram: true, pending: 0 });
    expect((await planRollback(engine, [one], { target: one.version })).migrations).toHaveLength(2);
    expect(await apply(() => planRollback(engine, [one], { unknown: true }))).toEqual(['three', 'two']);
    expect(await apply(() => planRollback(engine, [one], { unknown: true }))).toEqual([]);
    expect(
      (await engine.introspect()).find((table) => table.name === 'one')?.columns.map((column) => column.name),
    ).toEqual(['id']);
    expect(await engine.tableNames()).not.toContain('three');
  });

  test('shows a migration that was changed since, stops at it, and takes it when somebody has looked', async () => {
    await up([one]);
    const changed: Migration = {
      ...one,
      up: [createTable('one', 'the first', [id('key'), string('extra', 5, 'not there')])],
    };
    expect(await notes([changed, two])).toEqual([
      ['one', 'up', false, 1, false],
      ['two', 'down', false, null, false],
    ]);
    await expect(up([changed, two])).rejects.toMatchObject({
      code: 'MIGRATION_CHANGED',
      exit: 7,
      next: expect.stringContaining(`accept-changed ${one.version}`),
    });
    await expect(up([changed, two], two.version)).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
    expect(await up([changed, two], one.version)).toEqual(['two']);
    expect(await notes([changed, two])).toEqual([
      ['one', 'up', false, null, false],
      ['two', 'up', false, null, false],
    ]);
  });

  test('takes several that were changed at once, and none that was not', async () => {
    await up([one, three]);
    const changed = [one, three].map((migration) => ({
      ...migration,
      up: [createTable(migration.name, 'other', [id('key'), string('extra', 5, 'not there')])],
    }));
    await expect(up(changed, one.version)).rejects.toMatchObject({
      code: 'MIGRATION_CHANGED',
      message: expect.stringContaining(three.version),
    });
    await expect(up(changed, one.version, three.version, two.version)).rejects.toMatchObject({
      code: 'UNKNOWN_TARGET',
    });
    expect(await up(changed, one.version, three.version)).toEqual([]);
    expect(await readStatus(engine, changed)).toMatchObject({ changed: 0 });
  });

  test('interrupted in a migration that this program does not have is not built upon', async () => {
    await up([one, three]);
    await engine
      .kysely<LedgerSchema>()
      .updateTable(LEDGER)
      .set({ state: 'running', step: 0 })
      .where('version', '=', three.version)
      .execute();
    await expect(up([one, two])).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringContaining('three was interrupted after'),
    });
  });

  test('calls a gap out, and runs it', async () => {
    await up([one, three]);
    expect(await notes([one, two, three])).toContainEqual(['two', 'down', false, null, true]);
    const plan = await planMigrate(engine, [one, two, three]);
    expect(plan.migrations.map((migration) => [migration.name, migration.outOfOrder])).toEqual([
      ['two', true],
    ]);
    expect(await up([one, two, three])).toEqual(['two']);
  });

  test('holds a rollback at a breakpoint unless it is forced', async () => {
    await up([one, two, three]);
    const db = engine.kysely<LedgerSchema>();
    expect(await changeBreakpoints(engine, db, 'toggle', { target: two.version })).toEqual([
      { version: two.version, name: 'two', set: true },
    ]);
    await expect(planRollback(engine, [one, two, three], { target: '0' })).rejects.toMatchObject({
      code: 'BREAKPOINT',
      exit: 5,
    });
    expect(
      (await planRollback(engine, [one, two, three])).migrations.map((migration) => migration.name),
    ).toEqual(['three']);
    expect(
      (await planRollback(engine, [one, two, three], { target: '0', force: true })).migrations,
    ).toHaveLength(3);
    expect(await changeBreakpoints(engine, db, 'remove-all', {})).toEqual([
      { version: two.version, name: 'two', set: false },
    ]);
    expect((await planRollback(engine, [one, two, three], { target: '0' })).migrations).toHaveLength(3);
  });

  test('goes by dates as by versions', async () => {
    expect(
      (await planMigrate(engine, [one, two, three], { date: '20300102' })).migrations.map(
        (migration) => migration.name,
      ),
    ).toEqual(['one', 'two']);
    await up([one, two, three]);
    expect(
      (await planRollback(engine, [one, two, three], { date: '2030010112' })).migrations.map(
        (migration) => migration.name,
      ),
    ).toEqual(['three', 'two']);
  });

  test('records without running when told to fake, both ways', async () => {
    expect(await apply(() => planMigrate(engine, [one]), true)).toEqual(['one']);
    expect(await engine.tableNames()).not.toContain('one');
    expect(await notes([one])).toEqual([['one', 'up', false, null, false]]);
    expect(await apply(() => planRollback(engine, [one]), true)).toEqual(['one']);
    expect(await notes([one])).toEqual([['one', 'down', false, null, false]]);
  });

  test('made by a program that kept less of a step is completed, and can be rolled back', async () => {
    await up([one]);
    const drop =
      name === 'sqlite' || name === 'postgresql'
        ? sql`alter table ${sql.table(STEPS)} drop column detail`
        : sql`alter table ${sql.table(STEPS)} drop column detail`;
    await drop.execute(engine.kysely());
    expect(await readStatus(engine, [one, two])).toMatchObject({ pending: 1, changed: 0 });
    expect(await up([one, two])).toEqual(['two']);
    expect(await apply(() => planRollback(engine, [one, two], { target: '0' }))).toEqual(['two', 'one']);
  });

  test('edited by hand does not lead to a crash: steps that are gone are said to be changed', async () => {
    await up([one]);
    await engine.kysely<LedgerSchema>().deleteFrom(STEPS).execute();
    expect(await notes([one])).toEqual([['one', 'up', false, 1, false]]);
    await expect(up([one, two])).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
    await expect(planRollback(engine, [])).rejects.toMatchObject({ code: 'NO_WAY_DOWN', exit: 5 });
  });

  test.each([
    ['more steps done than it has', LEDGER, { state: 'failed', step: 99 }],
    ['less than none', LEDGER, { state: 'running', direction: 'down', step: -1 }],
    ['a way back that is not the one that was recorded', STEPS, { statement: 'drop table three' }],
    ['what a step touches unreadable', STEPS, { detail: '{}' }],
    ['a step missing', STEPS, { position: 7 }],
  ] as const)('edited by hand is not believed: %s', async (_, table, edit) => {
    await up([one, two, three]);
    const db = engine.kysely<Record<string, Record<string, unknown>>>();
    const before = (await engine.tableNames()).join();
    const rows = db.updateTable(table).set(edit).where('version', '=', two.version);
    await (table === STEPS ? rows.where('direction', '=', 'down') : rows).execute();
    await expect(apply(() => planRollback(engine, [one, two, three], { target: '0' }))).rejects.toMatchObject(
      {
        code: 'LEDGER_DAMAGED',
        exit: 7,
        message: expect.stringContaining('two'),
      },
    );
    expect((await engine.tableNames()).join()).toBe(before);
  });

  test('with the last step of a way back gone is not believed', async () => {
    await up([one, two, three]);
    const db = engine.kysely<LedgerSchema>();
    // The first of two, as far as the ledger shows.
    const left = await db
      .selectFrom(STEPS)
      .select('detail')
      .where('version', '=', two.version)
      .where('direction', '=', 'down')
      .execute();
    const of = left.length + 1;
    const detail = JSON.stringify({ ...JSON.parse(left[0]?.detail ?? '{}'), of });
    await db
      .updateTable(STEPS)
      .set({ detail })
      .where('version', '=', two.version)
      .where('direction', '=', 'down')
      .execute();
    await expect(planRollback(engine, [one, two, three], { target: '0' })).rejects.toMatchObject({
      code: 'LEDGER_DAMAGED',
    });
  });

  test('without its table of steps says so, and takes them again', async () => {
    await up([one]);
    await sql`drop table ${sql.table(STEPS)}`.execute(engine.kysely());
    await expect(up([one, two])).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
    expect(await up([one, two], one.version)).toEqual(['two']);
    expect(await readStatus(engine, [one, two])).toMatchObject({ changed: 0, pending: 0 });
  });

  test('cannot be written while a plan is read', async () => {
    await up([one]);
    const looking = await database.open('inspect');
    expect((await planMigrate(looking, [one, two])).migrations).toHaveLength(1);
    await expect(sql`create table sneaky (id int)`.execute(looking.kysely())).rejects.toMatchObject({
      code: 'READ_ONLY',
    });
    await expect(sql`delete from ${sql.table(STEPS)}`.execute(looking.kysely())).rejects.toMatchObject({
      code: 'READ_ONLY',
    });
    await looking.close();
  });
});
