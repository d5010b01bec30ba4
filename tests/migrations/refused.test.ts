/** A step that the server refuses: the ledger says no more than what is so, and no later run takes it for done. */
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { applyMigrations } from '../../src/migrations/apply.ts';
import { id, nullable, string } from '../../src/migrations/columns.ts';
import { LEDGER, type LedgerSchema } from '../../src/migrations/ledger/tables.ts';
import type { Migration } from '../../src/migrations/migration.ts';
import {
  addColumn,
  createIndex,
  createTable,
  createUniqueIndex,
  dropColumn,
  dropTable,
} from '../../src/migrations/operations/index.ts';
import { type MigrationPlan, planMigrate, planRollback } from '../../src/migrations/plan.ts';
import { describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';

const one: Migration = {
  version: '20300101000000',
  name: 'one',
  up: [createTable('one', 'the first', [id('key'), string('word', 50, 'a word')])],
  down: [dropTable('one')],
};
const more = nullable(string('more', 20, 'more of it'));
/** Its second statement is refused while the words of `one` are not unique. */
const two: Migration = {
  version: '20300102000000',
  name: 'two',
  up: [addColumn('one', more), createUniqueIndex('one', 'word')],
  down: [dropColumn('one', more)],
};

describeEngines('a refused step', (name) => {
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

  async function apply(plan: () => Promise<MigrationPlan>): Promise<string[]> {
    const lock = await engine.lock({ name: 'migrations', program: 'test', waitMs: 0 });
    try {
      return (await applyMigrations(engine, await plan(), { lock })).map((done) => done.name);
    } finally {
      await lock.release();
    }
  }
  const up = (known: readonly Migration[]) => apply(() => planMigrate(engine, known));
  const down = (known: readonly Migration[]) => apply(() => planRollback(engine, known));
  const run = (statement: string) => sql.raw(statement).execute(engine.kysely());
  const row = (version: string) =>
    engine
      .kysely<LedgerSchema>()
      .selectFrom(LEDGER)
      .selectAll()
      .where('version', '=', version)
      .executeTakeFirst();

  test('because something of that name is there is refused again, and never taken for done', async () => {
    await run('create table one (alien int)');
    for (let attempt = 1; attempt <= 3; attempt++) {
      await expect(up([one])).rejects.toMatchObject({
        code: 'MIGRATION_FAILED',
        next: expect.stringContaining('It was rolled back completely'),
      });
      expect(await row(one.version)).toBeUndefined();
    }
    await run('drop table one');
    expect(await up([one])).toEqual(['one']);
  });

  test('in the middle is refused again as well, though an index of that name is there by then', async () => {
    await up([one]);
    await run("insert into one (word) values ('twice'), ('twice')");
    await expect(up([one, two])).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    // PostgreSQL's own try has left an invalid one.
    if (name === 'postgresql') await run('drop index if exists uq_one_word');
    await run('create index uq_one_word on one (id)');
    await expect(up([one, two])).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    await run(`drop index uq_one_word${name === 'mysql' || name === 'mariadb' ? ' on one' : ''}`);
    await run('delete from one');
    expect(await up([one, two])).toEqual(['two']);
    expect((await engine.introspect()).find((table) => table.name === 'one')?.indexes).toMatchObject([
      { columns: ['word'], unique: true },
    ]);
  });

  test('in the middle can be taken back, or gone on with when the step was fixed', async () => {
    await up([one]);
    await run("insert into one (word) values ('twice'), ('twice')");
    await expect(up([one, two])).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    const fixed: Migration = { ...two, up: [addColumn('one', more), createIndex('one', 'word')] };
    const other: Migration = {
      ...two,
      up: [addColumn('one', nullable(string('more', 30, 'more of it'))), createIndex('one', 'word')],
    };
    if (name !== 'sqlite') {
      await expect(up([one, fixed])).rejects.toMatchObject({
        code: 'MIGRATION_CHANGED',
        next: expect.stringMatching(/migrate accept-changed 20300102000000.*rollback/),
      });
      // A step that was done already cannot be another one.
      await expect(
        apply(() => planMigrate(engine, [one, other], { acceptChanged: [two.version] })),
      ).rejects.toMatchObject({ code: 'MIGRATION_CHANGED' });
      // Also by a program that does not have it at all.
      expect(await down([one])).toEqual(['two']);
      const columns = (await engine.introspect()).find((table) => table.name === 'one')?.columns;
      expect(columns?.map((column) => column.name)).toEqual(['id', 'word']);
      expect(await row(two.version)).toBeUndefined();
      await expect(up([one, two])).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
      expect(await apply(() => planMigrate(engine, [one, fixed], { acceptChanged: [two.version] }))).toEqual([
        'two',
      ]);
    } else expect(await up([one, fixed])).toEqual(['two']);
    expect((await engine.introspect()).find((table) => table.name === 'one')?.indexes).toMatchObject([
      { name: 'ix_one_word', unique: false },
    ]);
    expect(await planMigrate(engine, [one, fixed])).toMatchObject({ migrations: [], accepted: [] });
  });

  test('at the beginning of a rollback leaves the row as it was, and three refusals leave the table', async () => {
    await up([one]);
    const before = await row(one.version);
    // Something that refers to the table keeps it from being dropped.
    const key = name === 'sqlite' ? 'integer' : 'bigint';
    await run(
      `create table holder (one_id ${key} references one (id), foreign key (one_id) references one (id))`,
    );
    if (name === 'sqlite') {
      // SQLite drops a referenced table while nothing violates it: a row that would be orphaned is needed.
      await run("insert into one (word) values ('kept')");
      await run('insert into holder (one_id) select id from one');
    }
    for (let attempt = 1; attempt <= 3; attempt++) {
      await expect(down([one])).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
      expect(await row(one.version)).toEqual(before);
      expect(await engine.tableNames()).toContain('one');
    }
    await run('drop table holder');
    expect(await down([one])).toEqual(['one']);
  });

  test('of a run that is gone on with is told and recorded, and the row is running meanwhile', async () => {
    await up([one]);
    await run("insert into one (word) values ('twice'), ('twice')");
    await expect(up([one, two])).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    const kept = (await row(two.version)) !== undefined;
    // SQLite runs both steps in one transaction; the others keep the first and say so, again and again.
    expect(kept).toBe(name !== 'sqlite');
    const states: unknown[] = [];
    const lock = await engine.lock({ name: 'migrations', program: 'test', waitMs: 0 });
    const watched = await planMigrate(engine, [one, two]);
    const watcher = await database.open('change');
    const failing = applyMigrations(engine, watched, {
      lock,
      onProgress: () => {
        if (name !== 'sqlite')
          states.push(
            watcher
              .kysely<LedgerSchema>()
              .selectFrom(LEDGER)
              .select(['state', 'error'])
              .where('version', '=', two.version)
              .executeTakeFirst(),
          );
      },
    });
    await expect(failing).rejects.toMatchObject({
      next: expect.stringContaining(kept ? 'continues at this step' : 'It was rolled back completely'),
    });
    for (const state of await Promise.all(states))
      expect(['running', 'failed']).toContain((state as { state: string }).state);
    if (kept)
      expect(await row(two.version)).toMatchObject({
        state: 'failed',
        direction: 'up',
        error: expect.stringMatching(/uq_one_word|unique|Duplicate/i),
      });
    await lock.release();
    await watcher.close();
  });

  test('when the ledger itself refuses the beginning of a rollback leaves the migration applied', async () => {
    await up([one]);
    // The ledger of somebody who may read it and no more, for as long as this lasts.
    const forbid = {
      sqlite: [
        `create trigger forbid before update on ${LEDGER} begin select raise(abort, 'forbidden'); end`,
        'drop trigger forbid',
      ],
      mysql: [
        `create trigger forbid before update on ${LEDGER} for each row signal sqlstate '45000' set message_text = 'forbidden'`,
        'drop trigger forbid',
      ],
      mariadb: [
        `create trigger forbid before update on ${LEDGER} for each row signal sqlstate '45000' set message_text = 'forbidden'`,
        'drop trigger forbid',
      ],
      postgresql: [
        `alter table ${LEDGER} add constraint forbid check (direction <> 'down')`,
        `alter table ${LEDGER} drop constraint forbid`,
      ],
    }[name];
    const before = await row(one.version);
    await run(forbid[0] ?? '');
    for (let attempt = 1; attempt <= 2; attempt++) {
      await expect(down([one])).rejects.toMatchObject({
        code: 'MIGRATION_FAILED',
        message: expect.stringContaining('the ledger'),
      });
    }
    await run(forbid[1] ?? '');
    expect(await row(one.version)).toEqual(before);
    expect(await down([one])).toEqual(['one']);
  });
});
