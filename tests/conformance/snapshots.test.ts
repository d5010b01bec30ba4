/** What the contract says of snapshots is so on every engine: one moment for all readers, whoever writes meanwhile. */
import { type Kysely, sql } from 'kysely';
import { expect } from 'vitest';
import type { Snapshots } from '../../src/engines/contract/snapshots.ts';
import { describeRole } from '../harness/role.ts';

const idsIn = async (db: Kysely<unknown>) =>
  (await sql<{ id: bigint }>`select id from seen order by id`.execute(db)).rows.map(({ id }) => id);

describeRole<Snapshots>('the role snapshots', {
  snapshot: async ({ name, engine, other, run }) => {
    await run('create table seen (id bigint not null primary key)', 'insert into seen values (1), (2)');
    const elsewhere = other.kysely<unknown>();
    const snapshot = await engine.snapshot(3);
    try {
      expect(snapshot.readers).toHaveLength(name === 'postgresql' ? 3 : 1);
      await sql`insert into seen values (3)`.execute(elsewhere);
      await sql`delete from seen where id = 1`.execute(elsewhere);
      // All of one moment, and together.
      for (const ids of await Promise.all(snapshot.readers.map(idsIn))) expect(ids).toEqual([1n, 2n]);
      for (const reader of snapshot.readers)
        await expect(sql`insert into seen values (4)`.execute(reader)).rejects.toThrow();
    } finally {
      await snapshot.close();
    }
    expect(await idsIn(engine.kysely<unknown>())).toEqual([2n, 3n]);

    // A transaction that has written and does not end is not waited for, nor is it disturbed.
    await elsewhere.transaction().execute(async (db) => {
      await sql`insert into seen values (9)`.execute(db);
      const among = await engine.snapshot(2);
      for (const ids of await Promise.all(among.readers.map(idsIn))) expect(ids).toEqual([2n, 3n]);
      await among.close();
    });
    expect(await idsIn(engine.kysely<unknown>())).toEqual([2n, 3n, 9n]);
    const pairs = await engine.snapshot(1);
    expect(pairs.readers).toHaveLength(1);
    await pairs.close();
    await sql`drop table seen`.execute(engine.kysely<unknown>());
  },

  snapshotAt: async ({ name, engine, other, database, run }) => {
    await run('create table shared (id bigint not null primary key)', 'insert into shared values (1)');
    const elsewhere = other.kysely<unknown>();
    const third = await database.open('inspect');
    const ids = async (db: Kysely<unknown>) =>
      (await sql<{ id: bigint }>`select id from shared order by id`.execute(db)).rows.map(({ id }) => id);
    const snapshot = await engine.snapshot(2);
    try {
      const { moment } = snapshot;
      // MySQL and MariaDB cannot tell whether two sessions see the same.
      expect(moment !== null).toBe(name === 'postgresql' || name === 'sqlite');
      if (moment === null) {
        expect(await snapshot.isShared()).toBe(false);
        return;
      }
      const joined = await third.snapshotAt(moment);
      expect(joined.readers).toHaveLength(1);
      expect(await snapshot.isShared()).toBe(true);
      await sql`insert into shared values (2)`.execute(elsewhere);
      expect([await ids(snapshot.readers[0]), await ids(joined.readers[0])]).toEqual([[1n], [1n]]);
      await joined.close();
      // Whoever joins after a write sees the same, or it is told that he does not.
      const late = await third.snapshotAt(moment);
      const isSame = (await ids(late.readers[0])).length === 1;
      expect(await snapshot.isShared()).toBe(isSame);
      expect(isSame).toBe(name === 'postgresql');
      await late.close();
    } finally {
      await snapshot.close();
      await third.close();
      await sql`drop table shared`.execute(elsewhere);
    }
  },

  stateOf: async ({ name, engine, other, database, run }) => {
    await run('create table told (id bigint not null primary key)', 'create table untold (id bigint)');
    const elsewhere = other.kysely<unknown>();
    const reader = await database.open('inspect');
    /** Both of one transaction, during which somebody may write. */
    const seen = (meanwhile: () => Promise<unknown> = async () => {}) =>
      reader
        .kysely<unknown>()
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute(async (db) => {
          const state = await reader.stateOf(db);
          await meanwhile();
          expect(await reader.stateOf(db)).toBe(state);
          const { rows } = await sql<{ n: bigint }>`select count(*) as n from told`.execute(db);
          return { state, rows: Number(rows[0]?.n) };
        });
    const write = (id: number) => sql`insert into told values (${id})`.execute(elsewhere);
    try {
      const before = await seen();
      // MySQL and MariaDB have none.
      if (name !== 'postgresql' && name !== 'sqlite') return expect(before.state).toBeNull();
      expect(before.state).not.toBeNull();
      const during = await seen(() => write(1));
      expect(during).toEqual({ state: during.state, rows: 0 });
      const after = await seen();
      expect(after.rows).toBe(1);
      expect(after.state).not.toBe(during.state);
      // What is not committed is not seen, and has its own state when it is.
      const open = await elsewhere.transaction().execute(async (db) => {
        await sql`update told set id = 2 where id = 1`.execute(db);
        return seen();
      });
      const committed = await seen();
      expect(committed.state).not.toBe(open.state);
      await sql`delete from told`.execute(elsewhere);
      const emptied = await seen();
      expect(emptied.rows).toBe(0);
      expect(emptied.state).not.toBe(committed.state);
      await sql`insert into untold values (1)`.execute(engine.kysely<unknown>());
      expect((await seen()).state).not.toBe(emptied.state);
      // Where nobody writes, here or (on a server) in another database, it stays.
      if (name === 'sqlite') expect((await seen()).state).toBe((await seen()).state);
    } finally {
      await reader.close();
      for (const table of ['told', 'untold']) await sql`drop table ${sql.table(table)}`.execute(elsewhere);
    }
  },
});
