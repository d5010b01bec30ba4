/** DDL that meets a long transaction does not make everybody else wait behind it. */
import { setTimeout } from 'node:timers/promises';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import { applyMigrations } from '../../src/migrations/apply.ts';
import { id, nullable, string } from '../../src/migrations/columns.ts';
import type { Migration } from '../../src/migrations/migration.ts';
import { addColumn, createTable, dropColumn, dropTable } from '../../src/migrations/operations/index.ts';
import { planMigrate } from '../../src/migrations/plan.ts';
import { describeEngines, freshDatabase } from '../harness/engines.ts';

const more = nullable(string('more', 20, 'more of it'));
const first: Migration = {
  version: '20300101000000',
  name: 'first',
  up: [createTable('busy', 'much read', [id('key'), string('word', 50, 'a word')])],
  down: [dropTable('busy')],
};
const second: Migration = {
  version: '20300102000000',
  name: 'second',
  up: [addColumn('busy', more)],
  down: [dropColumn('busy', more)],
};

/** How often the ALTER meets the transaction, which stays open that long: whoever queued behind it once would do so again. */
const MEETINGS = 3;

describeEngines('a transaction that stays open', (name) => {
  test('delays the migration, and no reader for longer than the lock timeout', {
    timeout: 90_000,
  }, async () => {
    const database = await freshDatabase(name);
    const [migrating, holding, reading] = [
      await database.open('create'),
      await database.open('create'),
      await database.open('create'),
    ];
    const lock = await migrating.lock({ name: 'migrations', program: 'test', waitMs: 0 });
    await applyMigrations(migrating, await planMigrate(migrating, [first]), { lock });
    await sql`insert into busy (word) values ('a')`.execute(migrating.kysely());

    let waited = 0;
    let endHolding = () => {};
    const heldLongEnough = new Promise<void>((resolve) => {
      endHolding = resolve;
    });
    let beginMigrating = () => {};
    const held = new Promise<void>((resolve) => {
      beginMigrating = resolve;
    });
    // A long reader on the servers; on SQLite readers are in nobody's way, so there it is a long writer.
    const holder = holding
      .kysely<unknown>()
      .transaction()
      .execute(async (transaction) => {
        await (name === 'sqlite'
          ? sql`insert into busy (word) values ('b')`
          : sql`select * from busy`
        ).execute(transaction);
        beginMigrating();
        await heldLongEnough;
      });
    await held;
    const migration = applyMigrations(migrating, await planMigrate(migrating, [first, second]), {
      lock,
      onProgress: ({ event }) => {
        if (event === 'waiting' && ++waited === MEETINGS) endHolding();
      },
    });

    let slowest = 0;
    let reads = 0;
    let finished = false;
    migration.finally(() => {
      finished = true;
    });
    await reading
      .kysely<unknown>()
      .connection()
      .execute(async (reader) => {
        // The reader is somebody else's: it has no limit of ours on waiting.
        if (name !== 'sqlite')
          await sql
            .raw(name === 'postgresql' ? 'set lock_timeout = 0' : 'set session lock_wait_timeout = 50')
            .execute(reader);
        while (!finished) {
          const begun = performance.now();
          await sql`select count(*) as n from busy`.execute(reader);
          slowest = Math.max(slowest, performance.now() - begun);
          reads++;
          await setTimeout(20);
        }
      });
    await migration;
    await holder;
    expect([waited >= MEETINGS, reads > 0]).toEqual([true, true]);
    // SQLite's driver is synchronous: a reader in this same process stands still while the migration waits its 5 s.
    await lock.release();
    for (const engine of [migrating, holding, reading]) await engine.close();
    await database.drop();
    if (name === 'sqlite') return;
    expect(slowest).toBeLessThan(3_000);
  });
});
