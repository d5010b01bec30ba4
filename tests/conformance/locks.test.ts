/** A lock keeps everybody else out, says who holds it, and goes with the process that holds it. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine, Locks } from '../../src/engines/index.ts';
import { patiently } from '../../src/pacing/index.ts';
import { untilBlocked } from '../harness/blocked-session.ts';
import { administer, describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';
import { processFile, startForTest } from '../harness/processes.ts';
import { asAccount, describeRole } from '../harness/role.ts';
import { untilRuns } from '../harness/running-statement.ts';

describeRole<Locks>('locks', {
  lock: async ({ engine, other }) => {
    const request = { name: 'role', program: 'somebody', waitMs: 0 };
    const lock = await engine.lock(request);
    expect(lock.signal.aborted).toBe(false);
    const { rows } = await sql`select 1 as one`.execute(lock.kysely<unknown>());
    expect(rows).toHaveLength(1);
    // Who is kept out is told the holder, the host and since when.
    const holder = `somebody \\(process ${process.pid}\\) on ${hostname()}, since 20\\d\\d-\\d\\d-\\d\\dT`;
    await expect(other.lock({ ...request, program: 'else' })).rejects.toMatchObject({
      code: 'LOCKED',
      exit: 6,
      message: expect.stringMatching(new RegExp(holder)),
    });
    await lock.release();
    await (await other.lock(request)).release();
  },

  exclusively: async ({ engine, other, run, value }) => {
    await run('create table lock_alone (id bigint not null primary key)');
    const lock = await engine.lock({ name: 'role', program: 'test', waitMs: 0 });
    const write = (id: number) => sql`insert into lock_alone values (${id})`.execute(other.kysely<unknown>());
    const work = (db: Kysely<unknown>) =>
      engine.exclusively(db, 'lock_alone', async () => {
        await expect(write(1)).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
        await sql`insert into lock_alone values (2)`.execute(db);
        return 'done';
      });
    const result = engine.capabilities.transactionalDdl
      ? await lock.kysely<unknown>().transaction().execute(work)
      : await work(lock.kysely<unknown>());
    expect(result).toBe('done');
    await write(3);
    expect(await value('select count(*) from lock_alone')).toBe(2n);
    await lock.release();
  },

  holdWriters: async ({ engine, other, run, value, name }) => {
    await run(
      'create table held_one (id bigint not null primary key)',
      'create table held_two (id bigint not null primary key)',
      'insert into held_one values (1)',
    );
    const request = { tables: ['held_one', 'held_two'], waitMs: 0 };
    const elsewhere = other.kysely<unknown>();
    const read = (db: Kysely<unknown>) => sql`select id from held_one`.execute(db);
    // Who has written and not yet committed would be missed.
    await elsewhere.transaction().execute(async (db) => {
      await sql`insert into held_one values (2)`.execute(db);
      await expect(engine.holdWriters(request)).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    });
    const held = await engine.holdWriters({ ...request, waitMs: 5_000 });
    if (name === 'sqlite') await sql`pragma busy_timeout = 200`.execute(elsewhere);
    for (const statement of [
      sql`insert into held_one values (7)`,
      sql`update held_one set id = 8`,
      sql`delete from held_one`,
      sql`insert into held_two values (7)`,
    ])
      await expect(statement.execute(elsewhere)).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    for (const db of [held.kysely<unknown>(), elsewhere, engine.kysely<unknown>()])
      expect((await read(db)).rows).toHaveLength(2);
    expect(held.signal.aborted).toBe(false);
    await held.release();
    await sql`delete from held_one`.execute(elsewhere);
    if (name === 'sqlite') await sql`pragma busy_timeout = 5000`.execute(elsewhere);
    expect(await value('select count(*) from held_one')).toBe(0n);
  },

  requireLockRight: async ({ engine, name, database: { settings } }) => {
    await engine.requireLockRight('lock_alone');
    if (name !== 'mysql' && name !== 'mariadb') return; // Whoever may drop a table may lock it.
    const asked = (privileges: string) =>
      asAccount(name, settings, privileges, (account) => account.requireLockRight('lock_alone'));
    await expect(asked('select, insert, drop')).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    await asked('select, insert, drop, lock tables');
  },

  // Of a node of a cluster, tests/leases/galera.test.ts has it.
  locksReachAllWriters: async ({ engine }) => expect(await engine.locksReachAllWriters()).toBe(true),

  shareLock: async ({ engine, other, run }) => {
    await run(
      'create table lock_share (id bigint not null primary key)',
      'insert into lock_share values (1)',
    );
    const { shareLock, capabilities } = engine;
    const read = (db: Kysely<unknown>) =>
      sql`select id from lock_share where id = 1 ${shareLock}`.execute(db);
    await engine
      .kysely<unknown>()
      .transaction()
      .execute(async (db) => {
        await read(db);
        const elsewhere = other.kysely<unknown>();
        await expect(sql`update lock_share set id = 2`.execute(elsewhere)).rejects.toMatchObject({
          code: 'LOCK_TIMEOUT',
        });
        if (capabilities.rowLocks) expect((await elsewhere.transaction().execute(read)).rows).toHaveLength(1);
      });
    await sql`update lock_share set id = 2`.execute(other.kysely<unknown>());
  },

  endWhenIdle: async ({ engine, other, run }) => {
    await run('create table lock_idle (id bigint not null primary key)', 'insert into lock_idle values (1)');
    const change = (db: Kysely<unknown>, id: number) => sql`update lock_idle set id = ${id}`.execute(db);
    const idle = engine
      .kysely<unknown>()
      .transaction()
      .execute(async (db) => {
        await engine.endWhenIdle(db, 1_000);
        await change(db, 2);
        // A file has no server that could end a process's transaction for it.
        if (!engine.capabilities.rowLocks) return;
        await patiently(() => change(other.kysely<unknown>(), 3), { signals: [], patienceMs: 20_000 });
        await change(db, 4);
      });
    if (engine.capabilities.rowLocks) await expect(idle).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
    else await idle;
    const { rows } = await sql<{ id: bigint }>`select id from lock_idle`.execute(engine.kysely<unknown>());
    expect(rows).toEqual([{ id: engine.capabilities.rowLocks ? 3n : 2n }]);
  },

  waiters: async ({ engine, other, name, database, run }) => {
    if (name === 'sqlite') {
      expect(await engine.waiters()).toBeNull();
      return;
    }
    await run('create table waited_for (id int not null primary key, n int)');
    await run('insert into waited_for values (1, 1), (2, 2)');
    const patience = name === 'postgresql' ? 'lock_timeout = 30000' : 'innodb_lock_wait_timeout = 30';
    const update = (db: Kysely<unknown>) =>
      db.connection().execute(async (session) => {
        await sql.raw(`set ${patience}`).execute(session);
        await sql`update waited_for set n = n + 1 where id = 1`.execute(session);
      });
    expect(await engine.waiters()).toEqual({ visible: true, seen: { sessions: 0, whose: null } });
    const done: Promise<unknown>[] = [];
    await engine
      .kysely<unknown>()
      .transaction()
      .execute(async (transaction) => {
        await sql`update waited_for set n = n + 1 where id = 1`.execute(transaction);
        // One of our own sessions that waits is nobody else.
        done.push(update(engine.kysely()));
        await untilBlocked(database);
        expect(await engine.waiters()).toMatchObject({ seen: { sessions: 0 } });
        done.push(update(other.kysely()));
        await untilBlocked(database, 2);
        const one = {
          visible: true,
          seen: {
            sessions: 1,
            whose: expect.stringMatching(/^(connection|session) \d+ \(user \S+ at .+\)$/),
          },
        };
        await lookAgain(engine, one);
        if (name === 'mysql') {
          // With an emoji in a statement it cannot list its sessions; who they are it tells nevertheless.
          done.push(sql`select sleep(2) /* 🐘 */`.execute(engine.kysely()));
          await untilRuns(database, 'select sleep(2) /* 🐘 */');
          expect(await engine.waiters()).toEqual(one);
        }
        // Nobody waits for a lock of whoever waits himself, nor of whoever has none.
        const third = await database.open();
        for (const idle of [other, third])
          await lookAgain(idle, { visible: true, seen: { sessions: 0, whose: null } });
        await third.close();
      });
    await Promise.all(done);
    await lookAgain(engine, { visible: true, seen: { sessions: 0, whose: null } });
    if (name !== 'mysql' && name !== 'mariadb') return; // Every role may see it.
    await asAccount(name, database.settings, 'select', async (account, logInAgain) => {
      const refused = await account.waiters();
      expect(refused).toMatchObject({ visible: false, remedy: expect.stringMatching(/^GRANT \w+ ON/) });
      await administer(name, (refused?.visible === false && refused.remedy) || '');
      expect(await (await logInAgain()).waiters()).toMatchObject({ visible: true });
    });
  },
});

/** Until it sees this: InnoDB may answer with what it said a tenth of a second ago. */
async function lookAgain(engine: Engine, expected: unknown): Promise<void> {
  await expect.poll(() => engine.waiters(), { interval: 200, timeout: 5_000 }).toEqual(expected);
}

describeEngines('the lock', (name) => {
  let database: TestDatabase;
  let one: Engine;
  let other: Engine;

  beforeAll(async () => {
    database = await freshDatabase(name);
    one = await database.open('create');
    other = await database.open('create');
  });
  afterAll(async () => {
    await one.close();
    await other.close();
    await database.drop();
  });

  const request = { name: 'work', program: 'db:test', waitMs: 0 };

  test('keeps a second one of the same engine out as well', async () => {
    const lock = await one.lock(request);
    await expect(one.lock(request)).rejects.toMatchObject({ code: 'LOCKED' });
    await lock.release();
  });

  test('lets another name and another database pass', async () => {
    const lock = await one.lock(request);
    await (await other.lock({ ...request, name: 'rest' })).release();
    const elsewhere = await freshDatabase(name);
    const engine = await elsewhere.open('create');
    await (await engine.lock(request)).release();
    await engine.close();
    await elsewhere.drop();
    await lock.release();
  });

  test('waits no longer than it was told', async () => {
    const lock = await one.lock(request);
    const started = performance.now();
    // MySQL and MariaDB count in whole seconds in some releases.
    await expect(other.lock({ ...request, waitMs: 1000 })).rejects.toMatchObject({ code: 'LOCKED' });
    const waited = performance.now() - started;
    expect(waited).toBeGreaterThan(900);
    expect(waited).toBeLessThan(5_000);
    await lock.release();
  });

  test('is given to whoever waits when it is released', async () => {
    const lock = await one.lock(request);
    const waiting = other.lock({ ...request, waitMs: 20_000 });
    // Whoever asks later has been refused by the time it is released.
    const third = await database.open();
    await expect(third.lock(request)).rejects.toMatchObject({ code: 'LOCKED' });
    await lock.release();
    await (await waiting).release();
    await third.close();
  });

  test('is one of eight at once', async () => {
    const engines = await Promise.all(Array.from({ length: 8 }, () => database.open()));
    const tries = await Promise.allSettled(engines.map((engine) => engine.lock(request)));
    const taken = tries.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(taken).toHaveLength(1);
    await taken[0]?.release();
    await Promise.all(engines.map((engine) => engine.close()));
  });

  test('has a session whose statements go on holding it after the process is gone', async () => {
    const nap = {
      sqlite: undefined,
      mysql: 'do sleep(3)',
      mariadb: 'do sleep(3)',
      postgresql: 'select pg_sleep(3)',
    }[name];
    if (nap === undefined) return; // SQLite runs in the process itself.
    const child = await holdElsewhere(database, nap);
    await untilRuns(database, nap);
    child.kill('SIGKILL');
    await once(child, 'exit');
    // MySQL looks whether its client is still there only now and then; the others only at the end of a statement.
    await untilRuns(database, nap);
    await expect(other.lock(request)).rejects.toMatchObject({ code: 'LOCKED' });
    await (await other.lock({ ...request, waitMs: 20_000 })).release();
  });

  test('has a session that gives up waiting for locks of others after two seconds', async () => {
    const db = one.kysely<unknown>();
    await sql`create table busy_table (id int)`.execute(db);
    const lock = await one.lock(request);
    const started = performance.now();
    if (name !== 'sqlite') {
      await db.transaction().execute(async (transaction) => {
        await sql`select * from busy_table`.execute(transaction);
        await expect(
          sql`alter table busy_table add column more int`.execute(lock.kysely()),
        ).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
      });
      expect(performance.now() - started).toBeLessThan(6_000);
    }
    await sql`alter table busy_table add column more int`.execute(lock.kysely());
    await lock.release();
  });

  test('goes with its process, kill -9 included', async () => {
    const child = await holdElsewhere(database);
    await expect(other.lock(request)).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining(`elsewhere (process ${child.pid})`),
    });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await other.lock({ ...request, waitMs: 20_000 })).release();
  });

  test('lets writers in again when the process that keeps them out is killed', async () => {
    const db = one.kysely<unknown>();
    await sql`create table held_table (id bigint not null primary key)`.execute(db);
    const child = await holdElsewhere(database, 'held_table', 'holding');
    const write = () => sql`insert into held_table values (1)`.execute(db);
    await expect(write()).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    await patiently(write, { signals: [], patienceMs: 20_000 });
  });
});

async function holdElsewhere(
  database: TestDatabase,
  statement = '',
  what: 'locking' | 'holding' = 'locking',
): Promise<ChildProcess> {
  const child = startForTest(process.execPath, [
    processFile(what),
    JSON.stringify(database.settings),
    statement,
  ]);
  await once(child.stdout, 'data');
  return child;
}
