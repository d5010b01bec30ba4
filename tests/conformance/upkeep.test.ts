/** What the contract says of sizes and of space is so on every engine; what a purge frees is in tests/maintenance. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Kysely, sql } from 'kysely';
import { expect } from 'vitest';
import type { Activity, Engine, Upkeep } from '../../src/engines/index.ts';
import type { TestDatabase } from '../harness/databases.ts';
import { administer } from '../harness/engines.ts';
import { asAccount, describeRole, type OnEngine } from '../harness/role.ts';
import { untilRuns } from '../harness/running-statement.ts';

const ROWS = 20_000;

async function fill({ engine, name, run }: OnEngine): Promise<void> {
  const [make] = engine.ddl.createTable({
    name: 'fit',
    comment: 'rows',
    primaryKey: ['id'],
    columns: [
      { name: 'id', type: { kind: 'bigint' }, comment: 'key', nullable: false, identity: true },
      { name: 'name', type: { kind: 'string', length: 200 }, comment: 'a name', nullable: true },
    ],
  });
  await run(make?.sql ?? '');
  const rows = Array.from({ length: ROWS }, (_, index) => [`row ${index} ${'x'.repeat(150)}`]);
  await engine.bulkLoad({ table: 'fit', columns: ['name'], rows });
  if (name !== 'sqlite') await run(`analyze ${name === 'postgresql' ? '' : 'table'} fit`);
}

// In this order: what is filled is measured, emptied, and given back.
describeRole<Upkeep>('upkeep', {
  sizes: async (on) => {
    const { engine } = on;
    const small = await engine.sizes();
    await fill(on);
    const size = await engine.sizes();
    const [biggest] = size.tables;
    expect(biggest?.name).toBe('fit');
    expect(await engine.sizes('cheap')).toEqual(size);
    expect(biggest?.dataBytes).toBeGreaterThan(ROWS * 150);
    expect(biggest?.dataBytes).toBeLessThan(ROWS * 150 * 4);
    const parts = [biggest?.dataBytes, biggest?.indexBytes, biggest?.overflowBytes];
    expect(biggest?.totalBytes).toBe(parts.reduce<number>((sum, part) => sum + (part ?? 0), 0));
    expect([biggest?.bytesExact, size.unmeasured]).toEqual([true, []]);
    expect(size.files.length > 0).toBe(engine.localFiles.length > 0);
    expect(biggest?.rowsExact).toBe(!engine.capabilities.rowEstimates);
    expect(biggest?.rows).toBeGreaterThan(ROWS * 0.75);
    expect(biggest?.rows).toBeLessThan(ROWS * 1.25);
    expect(size.totalBytes).toBeGreaterThan(small.totalBytes);
    const totals = size.tables.map((table) => table.totalBytes);
    expect(totals).toEqual(totals.toSorted((a, b) => b - a));
  },

  statistics: async ({ engine, database, name, run }) => {
    const of = async (on = engine) => on.statistics(['fit', 'not there']);
    const isInnodb = name === 'mysql' || name === 'mariadb';
    await engine.analyze('fit');
    if (name === 'mysql') expect(await of()).toMatchObject([{ stale: false, changes: null, why: null }]);
    // From its first use on it counts.
    await run('select 1 from fit where id = 1');
    const [fresh, ...others] = await of();
    expect(others).toEqual([]);
    expect(fresh).toMatchObject({ table: 'fit', stale: false, why: null });
    // SQLite counts no changes: it looks at the size.
    expect(fresh?.changes === null).toBe(name === 'sqlite');
    // Where the engine makes them by itself, it may be quicker than we are.
    if (isInnodb) await run('alter table fit stats_auto_recalc = 0', 'select 1 from fit where id = 1');
    if (name === 'postgresql') await run('alter table fit set (autovacuum_enabled = false)');
    if (name === 'sqlite') await run('delete from fit where id > 100');
    else {
      const rows = Array.from({ length: ROWS / 2 }, () => ['new']);
      await engine.bulkLoad({ table: 'fit', columns: ['name'], rows });
    }
    const [changed] = await of();
    expect(changed).toMatchObject({ table: 'fit', stale: true, why: null });
    if (name === 'sqlite') return fillAgain();
    expect(changed?.changes).toBeGreaterThanOrEqual(ROWS / 2);
    expect(changed?.threshold).toBeGreaterThanOrEqual(ROWS / 11);
    expect(changed?.threshold).toBeLessThan(ROWS / 4);
    if (name === 'postgresql') {
      // A table's own option wins.
      await run('alter table fit set (autovacuum_analyze_threshold = 1000000)');
      expect(await of()).toMatchObject([{ stale: false }]);
      await run('alter table fit reset (autovacuum_analyze_threshold)');
      // Counters that are all zero say nothing of a table that has rows.
      await run('select pg_stat_reset()');
      expect(await of()).toMatchObject([{ stale: null, changes: null, why: expect.any(String) }]);
    }
    if (isInnodb)
      await asAccount(name, database.settings, 'select, insert', async (account) =>
        expect(await of(account)).toMatchObject([{ stale: null, changes: null, why: expect.any(String) }]),
      );
    await run("delete from fit where name = 'new'");

    async function fillAgain() {
      const rows = Array.from({ length: ROWS }, (_, index) => [`row ${index} ${'x'.repeat(150)}`]);
      await engine.bulkLoad({ table: 'fit', columns: ['name'], rows });
    }
  },

  analyze: async ({ engine, name, run }) => {
    await engine.analyze('fit', new AbortController().signal);
    await run('select 1 from fit where id = 1');
    expect(await engine.statistics(['fit'])).toMatchObject([{ table: 'fit', stale: false }]);
    if (name === 'postgresql') {
      const stopped = AbortSignal.abort(new Error('stopped'));
      await expect(engine.analyze('fit', stopped)).rejects.toThrow('stopped');
    }
  },

  space: async ({ engine, name, run }) => {
    const before = await engine.space(['fit']);
    await run('delete from fit');
    // What our own work would give; nothing where it is for a person.
    const { gain } = await engine.space(['fit']);
    if (name === 'mysql' || name === 'mariadb') expect(gain).toBe(0);
    else expect(gain).toBeGreaterThan(1_000_000);
    if (name === 'postgresql') {
      await run('vacuum analyze fit');
      expect((await engine.space(['fit'])).gain).toBeLessThan(100_000);
    }
    const after = await engine.space(['fit']);
    // InnoDB frees pages when its purge comes by: not at once, so that it is only asked for a figure.
    if (name === 'mysql' || name === 'mariadb') expect(after.freeBytes).toBeGreaterThanOrEqual(0);
    else if (name === 'sqlite') expect(after.freeBytes).toBeGreaterThan((before.freeBytes ?? 0) + 1_000_000);
    else expect(after.freeBytes).not.toBeNull();
    expect(after.diskBytes === null).toBe(name === 'mysql' || name === 'mariadb');
    for (const remedy of after.remedies) {
      expect(remedy.ours ? remedy.action.action : remedy.sql).toMatch(/\w/);
      expect(Math.min(remedy.gives.length, remedy.lock.length, remedy.needs.length)).toBeGreaterThan(10);
    }
    const { freeBytes } = await engine.sizes();
    expect(freeBytes).toBeGreaterThanOrEqual(0);
  },

  reclaim: async ({ engine, name }) => {
    const lock = await engine.lock({ name: 'upkeep', program: 'test', waitMs: 0 });
    const request = { tables: ['fit'], db: lock.kysely<unknown>(), signal: new AbortController().signal };
    const work = await engine.reclaim(request);
    expect(work === null).toBe(name === 'mysql' || name === 'mariadb');
    let pieces = 0;
    while (await work?.next(50)) pieces++;
    expect(await (work?.end() ?? [])).toEqual([]);
    expect(pieces > 0).toBe(work !== null);
    expect((await engine.space(['fit'])).remedies.every(({ ours }) => !ours)).toBe(name !== 'postgresql');
    await lock.release();
  },

  rebuilds: async ({ engine, name, run }) => {
    const rows = Array.from({ length: ROWS }, (_, index) => [`row ${index} ${'x'.repeat(150)}`]);
    for (let times = 0; times < 4; times++) await engine.bulkLoad({ table: 'fit', columns: ['name'], rows });
    await run('delete from fit where id > (select kept from (select min(id) + 999 as kept from fit) as k)');
    if (name !== 'sqlite') await run(`analyze ${name === 'postgresql' ? '' : 'table'} fit`);
    const offer = await engine.rebuilds(['fit', 'not there']);
    expect(offer.unit).toBe(name === 'sqlite' ? 'database' : 'table');
    expect(offer.cluster).toBeNull();
    const blocks = { sqlite: 'writers', postgresql: 'everybody', mysql: null, mariadb: null };
    expect(offer.blocks).toBe(blocks[name]);
    expect(Math.min(offer.method.length, offer.lock.length)).toBeGreaterThan(5);
    expect(offer.costs).toHaveLength(1);
    const [cost] = offer.costs;
    expect(cost).toMatchObject({ table: name === 'sqlite' ? null : 'fit', obstacle: null });
    expect(cost?.bytes).toBeGreaterThan(2 * ROWS * 150);
    // InnoDB counts extents that its purge has freed, later.
    if (name === 'sqlite' || name === 'postgresql') expect(cost?.floor).toBeGreaterThan(2 * ROWS * 150);
    else expect(cost?.floor).toBeGreaterThanOrEqual(0);
    for (const { bytes, free } of cost?.needs ?? []) {
      expect(bytes).toBeGreaterThan(0);
      expect(free === null).toBe(name !== 'sqlite');
    }
    expect(cost?.needs.length).toBeGreaterThan(0);
  },

  rebuild: async ({ engine, other, name }) => {
    const table = name === 'sqlite' ? null : 'fit';
    const lock = await engine.lock({ name: 'upkeep', program: 'test', waitMs: 0 });
    const rebuild = (more: { signal?: AbortSignal; lockTimeoutMs?: number; onStatement?: () => void } = {}) =>
      engine.rebuild({
        ...{ table, db: lock.kysely<unknown>(), signal: new AbortController().signal, lockTimeoutMs: 1_000 },
        ...more,
      });
    const rowsOf = async () =>
      (await sql`select id, name from fit order by id`.execute(other.kysely<unknown>())).rows;
    const before = await rowsOf();
    expect(before).toHaveLength(1_000);
    const held = Promise.withResolvers<void>();
    const taken = Promise.withResolvers<void>();
    const holding = other
      .kysely<unknown>()
      .transaction()
      .execute(async (transaction) => {
        await sql`select count(*) from fit`.execute(transaction);
        taken.resolve();
        await held.promise;
      });
    await taken.promise;
    const failed = rebuild();
    await expect(failed).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    // Who it is, where the server tells.
    const whose = {
      sqlite: 'does not tell',
      postgresql: /: session \d+ \(user/,
      mysql: /: connection \d+ \(user/,
    };
    const message = await failed.catch((error: unknown) => (error instanceof Error ? error.message : ''));
    expect(message).toMatch(
      name === 'mariadb' ? /: perhaps connection \d+ \(user|does not tell/ : whose[name],
    );
    // It waits, and whoever asks for its end does not wait as long.
    const stop = new AbortController();
    const onStatement = () => stop.abort(new Error('stopped'));
    const started = performance.now();
    await expect(rebuild({ signal: stop.signal, lockTimeoutMs: 100_000, onStatement })).rejects.toThrow(
      'stopped',
    );
    expect(performance.now() - started).toBeLessThan(10_000);
    held.resolve();
    await holding;
    expect(await rowsOf()).toEqual(before);
    const sizeBefore = (await engine.rebuilds(['fit'])).costs[0]?.bytes ?? 0;
    await rebuild();
    const sizeAfter = (await engine.rebuilds(['fit'])).costs[0]?.bytes ?? 0;
    expect(sizeAfter).toBeLessThan(sizeBefore / 2);
    expect(await rowsOf()).toEqual(before);
    // The file has the same statistics as before.
    if (name !== 'sqlite') expect((await engine.statistics(['fit']))[0]?.stale).toBe(false);
    await lock.release();
    await sql`delete from fit`.execute(other.kysely<unknown>());
  },

  freeDisk: async ({ engine, name }) => {
    const free = await engine.freeDisk();
    if (name === 'sqlite') expect(free).toBeGreaterThan(0);
    else expect(free).toBeNull();
  },

  longWork: async ({ engine, other, run }) => {
    const work = await engine.longWork(true);
    await work.pause();
    expect(work.othersWrote()).toBe(false);
    await run("insert into fit (name) values ('ours')");
    expect(work.othersWrote()).toBe(false);
    await sql`insert into fit (name) values ('theirs')`.execute(other.kysely<unknown>());
    // Where writers do not wait for each other as a whole, nobody need know.
    expect(work.othersWrote()).toBe(!engine.capabilities.rowLocks);
    expect(work.othersWrote()).toBe(false);
    await work.pause();
    await work.end();
    const { rows } = await sql`select name from fit order by id`.execute(other.kysely<unknown>());
    expect(rows).toEqual([{ name: 'ours' }, { name: 'theirs' }]);
  },

  littleMemory: async ({ engine, name, run }) => {
    const cache = async () => {
      if (name !== 'sqlite') return null;
      const { rows } = await sql<{ cache_size: bigint }>`pragma cache_size`.execute(engine.kysely<unknown>());
      return Number(rows[0]?.cache_size);
    };
    const before = await cache();
    const usual = engine.littleMemory();
    // Negative: in KiB instead of pages.
    expect(await cache()).toBe(name === 'sqlite' ? -8_192 : null);
    await run("insert into fit (name) values ('as before')", "delete from fit where name = 'as before'");
    usual();
    expect(await cache()).toBe(before);
  },

  undoBacklog: async ({ engine, other, name, database, run }) => {
    if (name !== 'mysql' && name !== 'mariadb') {
      expect(await engine.undoBacklog()).toBeNull();
      return;
    }
    const seen = async () => {
      const sight = await engine.undoBacklog();
      if (!sight?.visible || !sight.seen.oldest.visible) throw new Error(JSON.stringify(sight));
      return { transactions: sight.seen.transactions, oldest: sight.seen.oldest.seen };
    };
    await run('create table undone (id int not null primary key, n int)', 'insert into undone values (1, 0)');
    const reader = other.kysely<unknown>().transaction().setIsolationLevel('repeatable read');
    const readIn = async (transaction: Kysely<unknown>) => {
      const { rows } = await sql<{
        id: bigint;
      }>`select connection_id() as id, count(*) as n from undone`.execute(transaction);
      return `connection ${rows[0]?.id} `;
    };
    await engine
      .kysely<unknown>()
      .transaction()
      .execute(async (older) => {
        // A transaction of our own is not what we wait for, however old it is.
        await readIn(older);
        await sql`do sleep(1.1)`.execute(older);
        await reader.execute(async (transaction) => {
          const whose = await readIn(transaction);
          const before = await seen();
          for (let n = 0; n < before.transactions + 50; n++) await run('update undone set n = n + 1');
          // Whatever was there before may be thrown away meanwhile.
          expect((await seen()).transactions).toBeGreaterThan(before.transactions);
          // Of the whole server: another test may have an older one.
          await expect
            .poll(async () => (await seen()).oldest, { interval: 200, timeout: 30_000 })
            .toEqual({
              whose: expect.stringMatching(`^${whose}\\(user \\S+ at .+\\)$`),
              seconds: expect.any(Number),
            });
          const { oldest } = await seen();
          expect(oldest?.seconds).toBeGreaterThanOrEqual(0);
          expect(oldest?.seconds).toBeLessThan(120);
        });
      });
    await asAccount(name, database.settings, 'select', async (account, logInAgain) => {
      const refused = await account.undoBacklog();
      const missing = name === 'mysql' ? refused : refused?.visible ? refused.seen.oldest : undefined;
      expect(missing).toMatchObject({ visible: false, remedy: expect.stringMatching(/^GRANT PROCESS ON/) });
      await administer(name, (missing?.visible === false && missing.remedy) || '');
      expect(await (await logInAgain()).undoBacklog()).toMatchObject({
        visible: true,
        seen: { oldest: { visible: true } },
      });
    });
  },

  activity: async ({ engine, other, name, database }) => {
    if (name === 'sqlite') {
      expect(await engine.activity()).toBeNull();
      return;
    }
    const begun = Promise.withResolvers<void>();
    const end = Promise.withResolvers<void>();
    const open = other
      .kysely<unknown>()
      .transaction()
      .execute(async (db) => {
        await sql`select count(*) from information_schema.tables`.execute(db);
        if (name !== 'postgresql') await sql`create temporary table activity_of_mine (id int)`.execute(db);
        if (name !== 'postgresql') await sql`insert into activity_of_mine values (1)`.execute(db);
        begun.resolve();
        await end.promise;
      });
    await begun.promise;
    // InnoDB's list of transactions is up to a tenth of a second old.
    let seen = await engine.activity();
    for (let n = 0; n < 50 && seen?.oldest.visible && seen.oldest.seen === null; n++) {
      await sleep(150);
      seen = await engine.activity();
    }
    end.resolve();
    await open;
    expect(seen?.connections).toMatchObject({ visible: true });
    if (!seen?.connections.visible) return;
    expect(seen.connections.seen.used).toBeGreaterThan(0);
    expect(seen.connections.seen.limit).toBeGreaterThanOrEqual(seen.connections.seen.used);
    expect(seen.oldest).toMatchObject({
      visible: true,
      seen: { whose: expect.stringMatching(/^(connection|session) \d+/), seconds: expect.any(Number) },
    });
    expect(seen.longestWait).toEqual({ visible: true, seen: null });
    const waiting = await whileOneWaits(other, () => engine.activity());
    expect(waiting?.longestWait).toMatchObject({
      visible: true,
      seen: {
        whose: expect.stringMatching(/^(connection|session) \d+ \(user/),
        holder: name === 'postgresql' ? expect.stringMatching(/^session \d+ \(user/) : null,
        seconds: expect.any(Number),
      },
    });
    if (name === 'postgresql') return;
    if (name === 'mysql') {
      // The only one whose lists fail on it.
      const statement = "select sleep(60), '\u{1f4c8}' from waited_for_no_more";
      // Unknown, which is not none.
      const unseen = { visible: false, why: expect.stringContaining('cannot list'), remedy: null };
      // The list is up to a tenth of a second old.
      await beside(database, other, statement, () =>
        expect
          .poll(() => engine.activity(), { interval: 200, timeout: 30_000 })
          .toMatchObject({ oldest: unseen, longestWait: unseen }),
      );
    }
    await asAccount(name, database.settings, 'select', async (account) => {
      expect((await account.activity())?.oldest).toMatchObject({
        visible: false,
        remedy: expect.stringMatching(/^GRANT PROCESS/),
      });
    });
  },
});

/** Asks while another session executes this in a transaction that has written: its text must not matter. */
async function beside(
  database: TestDatabase,
  other: Engine,
  statement: string,
  ask: () => Promise<void>,
): Promise<void> {
  await sql`create table waited_for_no_more (id int primary key)`.execute(other.kysely<unknown>());
  await other
    .kysely<unknown>()
    .transaction()
    .execute(async (db) => {
      const { rows } = await sql<{ id: bigint }>`select connection_id() as id`.execute(db);
      await sql`insert into waited_for_no_more values (1)`.execute(db);
      const running = sql.raw(statement).execute(db);
      try {
        await untilRuns(database, statement);
        await ask();
      } finally {
        await administer('mysql', `kill query ${rows[0]?.id}`);
        await running.catch(() => {});
      }
    });
}

/** One session holds the lock of a row, another one waits for it. */
async function whileOneWaits(other: Engine, look: () => Promise<Activity | null>): Promise<Activity | null> {
  const db = other.kysely<unknown>();
  await sql`create table waited_for (id int primary key)`.execute(db);
  await sql`insert into waited_for values (1)`.execute(db);
  let seen: Activity | null = null;
  let waiter: Promise<unknown> | undefined;
  await db.transaction().execute(async (holder) => {
    await sql`update waited_for set id = 2`.execute(holder);
    waiter = sql`delete from waited_for`.execute(db);
    for (let n = 0; n < 50 && !(seen?.longestWait.visible && seen.longestWait.seen); n++) {
      await sleep(150);
      seen = await look();
    }
  });
  await waiter;
  await sql`drop table waited_for`.execute(db);
  return seen;
}
