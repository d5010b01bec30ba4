/** A migration that fails in the middle: what is left, what is said, and that the same command goes on. */
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { applyMigrations } from '../../src/migrations/apply.ts';
import { id, nullable, string } from '../../src/migrations/columns.ts';
import type { Migration } from '../../src/migrations/migration.ts';
import {
  addColumn,
  createIndex,
  createTable,
  createUniqueIndex,
  dropTable,
} from '../../src/migrations/operations/index.ts';
import { planMigrate, planRollback } from '../../src/migrations/plan.ts';
import { readStatus } from '../../src/migrations/status.ts';
import { describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';

const first: Migration = {
  version: '20300101000000',
  name: 'first',
  up: [createTable('first', 'the first', [id('key'), string('word', 50, 'a word')])],
  down: [dropTable('first')],
};
/** Its third step fails while the words of `first` are not unique. */
const second: Migration = {
  version: '20300102000000',
  name: 'second',
  up: [
    createTable('second', 'the second', [id('key')]),
    addColumn('first', nullable(string('more', 20, 'more of it'))),
    createUniqueIndex('first', 'word'),
    createIndex('first', 'more'),
  ],
  down: [dropTable('second')],
};

describeEngines('a migration that fails in the middle', (name) => {
  // On PostgreSQL the index is made concurrently, because the table has rows: outside of any transaction.
  const allOrNothing = name === 'sqlite';
  let database: TestDatabase;
  let engine: Engine;
  beforeEach(async () => {
    database = await freshDatabase(name);
    engine = await database.open('create');
    await up([first]);
    await sql`insert into first (word) values ('twice'), ('twice')`.execute(engine.kysely<unknown>());
  });
  afterEach(async () => {
    await engine.close();
    await database.drop();
  });

  async function up(known: readonly Migration[]) {
    const lock = await engine.lock({ name: 'migrations', program: 'test', waitMs: 0 });
    try {
      return await applyMigrations(engine, await planMigrate(engine, known), { lock });
    } finally {
      await lock.release();
    }
  }
  const state = async () =>
    (await readStatus(engine, [first, second])).migrations.map(({ name, status }) => `${name} ${status}`);

  test('names version, step and cause; the cause fixed, the same command finishes', async () => {
    await expect(up([first, second])).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
      message: expect.stringMatching(
        /20300102000000 second failed at step \d+ of \d+ \(create unique index uq_first_word\)/,
      ),
      next: expect.stringContaining(
        allOrNothing ? 'It was rolled back completely' : 'continues at this step',
      ),
    });
    expect((await engine.tableNames()).includes('second')).toBe(!allOrNothing);
    expect(await state()).toEqual(['first up', allOrNothing ? 'second down' : 'second failed']);

    await sql`delete from first where id = 1`.execute(engine.kysely<unknown>());
    expect((await up([first, second])).map(({ name: done }) => done)).toEqual(['second']);
    expect(await state()).toEqual(['first up', 'second up']);
    const table = (await engine.introspect()).find((found) => found.name === 'first');
    expect(table?.indexes.map((index) => index.name)).toEqual(['ix_first_more', 'uq_first_word']);
  });

  test('that was changed meanwhile does not go on where the engine kept its first half', async () => {
    await expect(up([first, second])).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    const changed: Migration = {
      ...second,
      up: [createTable('second', 'other words', [id('key')]), ...second.up.slice(1)],
    };
    await sql`delete from first where id = 1`.execute(engine.kysely<unknown>());
    // SQLite has no comments: the same words make the same SQL there.
    if (allOrNothing) await up([first, changed]);
    else await expect(up([first, changed])).rejects.toMatchObject({ code: 'MIGRATION_CHANGED', exit: 7 });
  });

  test('is the first that a rollback takes back, and is not passed by', async () => {
    await expect(up([first, second])).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    const names = async (target?: string) =>
      (await planRollback(engine, [first, second], { target })).migrations.map((planned) => planned.name);
    expect(await names()).toEqual([allOrNothing ? 'first' : 'second']);
    expect(await names('0')).toEqual(allOrNothing ? ['first'] : ['second', 'first']);
    if (!allOrNothing)
      await expect(names(second.version)).rejects.toMatchObject({
        code: 'MIGRATION_FAILED',
        next: expect.stringContaining('Run migrate first'),
      });
  });

  test('runs an older gap that appears later', async () => {
    const gap: Migration = {
      ...first,
      version: '20291231000000',
      name: 'gap',
      up: [createTable('gap', 'the gap', [id('key')])],
      down: [dropTable('gap')],
    };
    expect((await up([gap, first])).map(({ name: done }) => done)).toEqual(['gap']);
  });
});
