/** A lease is renewed while it is held, given up in time when it cannot be, and never touched by whoever has lost it. */
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Engine, openEngine, type ServerSettings } from '../../src/engines/index.ts';
import {
  acquireLease,
  exclusiveLock,
  fencedTransaction,
  type Lease,
  readLease,
} from '../../src/leases/index.ts';
import { MIGRATIONS, migrate, recognise, verifySchema } from '../../src/migrations/index.ts';
import { describeEngines, freshDatabase, migratedDatabase, serverOf, testWhere } from '../harness/engines.ts';
import { freezingRelay } from '../harness/freezing-relay.ts';

describeEngines('a lease', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  let other: Engine;
  let leases: Lease[] = [];
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    other = await database.open();
  });
  afterAll(async () => {
    await other.close();
    await database.drop();
  });
  beforeEach(() => sql`delete from multiflexi_lease`.execute(engine.kysely<unknown>()));
  afterEach(async () => {
    for (const lease of leases) await lease.release();
    leases = [];
  });

  const request = { name: 'work', program: 'a test', timeToLiveMs: 60_000, waitMs: 0 };

  async function acquire(more: Partial<typeof request> = {}, on = engine): Promise<Lease> {
    const lease = await acquireLease(on, { ...request, ...more });
    leases.push(lease);
    return lease;
  }

  /** As somebody who found it over. */
  async function takeOver(): Promise<void> {
    await other
      .kysely<Record<'multiflexi_lease', { term: bigint; program: string }>>()
      .updateTable('multiflexi_lease')
      .set({ term: sql<bigint>`term + 1`, program: 'another' })
      .execute();
  }

  const state = () => readLease(other, 'work');
  const until = async (happens: () => boolean | Promise<boolean>) => {
    for (let tries = 600; !(await happens()); tries--) {
      if (tries === 0) throw new Error('it does not happen');
      await sleep(25);
    }
  };
  const nothing = async () => {};

  test('that is held is told with its holder, and is free at once when it is released', async () => {
    expect(await state()).toBe(null);
    const lease = await acquire();
    expect(await state()).toMatchObject({
      name: 'work',
      term: 1n,
      program: 'a test',
      host: hostname(),
      pid: process.pid,
      held: true,
      released: false,
    });
    await expect(acquire({}, other)).rejects.toMatchObject({ code: 'LOCKED', exit: 6 });
    const waiting = acquire({ waitMs: 20_000 }, other);
    await lease.release();
    expect((await waiting).term).toBe(2n);
    await expect(fencedTransaction(engine, { fence: lease }, nothing)).rejects.toMatchObject({
      code: 'LEASE_LOST',
    });
    await waiting.then((one) => one.release());
    expect(await state()).toMatchObject({ held: false, released: true });
  });

  test('is one of eight at once, and another name is another lease', async () => {
    const tries = await Promise.allSettled(
      Array.from({ length: 8 }, (_, n) => acquire({}, n % 2 ? engine : other)),
    );
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await acquire({ name: 'rest' })).term).toBe(1n);
  });

  test('is renewed for longer than its time to live', async () => {
    const lease = await acquire({ timeToLiveMs: 900 });
    const { renewedAt: first = '' } = (await state()) ?? {};
    await until(async () => Date.parse((await state())?.renewedAt ?? '') - Date.parse(first) > 1_800);
    await fencedTransaction(engine, { fence: lease }, nothing);
    expect([lease.signal.aborted, (await state())?.term]).toEqual([false, 1n]);
  });

  test('that somebody has taken over is neither renewed nor released by the one before, who is told', async () => {
    const lease = await acquire({ timeToLiveMs: 1_500 });
    await takeOver();
    const before = await state();
    await until(() => lease.signal.aborted);
    expect(lease.signal.reason).toMatchObject({
      code: 'LEASE_LOST',
      message: expect.stringMatching(/"work" .* was taken over by another \(process/),
    });
    await lease.release();
    expect(await state()).toMatchObject({ term: 2n, renewedAt: before?.renewedAt, released: false });
  });

  test('that somebody has taken over lets no transaction of the one before write, heartbeat or not', async () => {
    const lease = await acquire();
    await takeOver();
    let worked = false;
    const work = fencedTransaction(engine, { fence: lease }, async () => {
      worked = true;
    });
    await expect(work).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect([worked, lease.signal.aborted]).toEqual([false, true]);
  });

  test('is not taken over in the middle of a transaction of its holder', async () => {
    const lease = await acquire();
    await fencedTransaction(engine, { fence: lease }, async () => {
      await expect(takeOver()).rejects.toMatchObject({ code: 'LOCK_TIMEOUT' });
    });
    await takeOver();
  });

  testWhere(name !== 'sqlite')(
    'is kept while its own transactions keep its heartbeat waiting for longer than a lock may be waited for',
    async () => {
      let givenUp = 0;
      const watched = await openEngine(database.settings, 'change', ({ sql: text, failed }) => {
        if (failed && /update .multiflexi_lease/.test(text)) givenUp++;
      });
      const lease = await acquire({ timeToLiveMs: 6_000 }, watched);
      await fencedTransaction(watched, { fence: lease }, async (db) => {
        const { renewedAt } = (await state()) ?? {};
        await until(async () => {
          await sql`select 1`.execute(db);
          return givenUp > 0;
        });
        expect((await state())?.renewedAt).toBe(renewedAt);
      });
      const { renewedAt } = (await state()) ?? {};
      await until(async () => (await state())?.renewedAt !== renewedAt);
      expect(lease.signal.aborted).toBe(false);
      await lease.release();
      await watched.close();
    },
  );

  testWhere(name !== 'sqlite')(
    'is renewed though some transaction of its holder has it all the time',
    async () => {
      const lease = await acquire({ timeToLiveMs: 1_500 });
      const { renewedAt: first = '' } = (await state()) ?? {};
      let done = false;
      const worker = async () => {
        while (!done)
          await fencedTransaction(engine, { fence: lease }, async () => {
            await sleep(60);
          });
      };
      const workers = [worker(), sleep(20).then(worker), sleep(40).then(worker)];
      await until(async () => Date.parse((await state())?.renewedAt ?? '') - Date.parse(first) > 3_000);
      done = true;
      await Promise.all(workers);
      expect(lease.signal.aborted).toBe(false);
    },
  );

  test('is given up by a process that was busy for longer than it lives, before it writes', async () => {
    const lease = await acquire({ timeToLiveMs: 300 });
    // As a statement of SQLite does: no timer has its turn.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
    let worked = false;
    const work = fencedTransaction(engine, { fence: lease }, async () => {
      worked = true;
    });
    await expect(work).rejects.toMatchObject({
      code: 'LEASE_LOST',
      message: expect.stringContaining('for 0.3 s'),
    });
    expect(worked).toBe(false);
  });

  testWhere(name !== 'sqlite')(
    'is given up in time when the connection hangs, and somebody else gets it',
    async () => {
      if (name === 'sqlite') return;
      const timeToLiveMs = 2_000;
      const relay = await freezingRelay(serverOf(name), /to_be_frozen/, { bothWays: true });
      const { port } = relay;
      const hung = await openEngine(
        { ...(database.settings as ServerSettings), host: '127.0.0.1', port, socket: undefined },
        'change',
      );
      const lease = await acquireLease(hung, { ...request, timeToLiveMs });
      const given = new Promise((resolve) => lease.signal.addEventListener('abort', resolve));
      const lastSent = performance.now();
      sql`select 'to_be_frozen'`.execute(hung.kysely<unknown>()).catch(() => {});
      await relay.frozen;
      // A timer that is due later fires later, however busy the machine is.
      const tooLate = sleep(timeToLiveMs + 300).then(() => 'too late');
      // From the last renewal that succeeded, which was before it froze.
      expect(await Promise.race([given.then(() => 'in time'), tooLate])).toBe('in time');
      expect(lease.signal.reason).toMatchObject({
        code: 'LEASE_LOST',
        message: expect.stringContaining('could not be renewed for 2 s'),
      });
      expect(performance.now() - lastSent).toBeGreaterThan(timeToLiveMs / 2);
      expect((await acquire({ waitMs: 10_000 }, other)).term).toBe(2n);
      relay.close();
      await lease.release();
      await hung.close().catch(() => {});
    },
  );

  testWhere(name !== 'sqlite')(
    'leaves sessions that the server may end while nothing is done, and nobody notices',
    async () => {
      const lease = await acquire({ timeToLiveMs: 1_000 });
      const transactions = Array.from({ length: 3 }, () =>
        fencedTransaction(engine, { fence: lease }, async (db) => {
          await sql`select 1`.execute(db);
        }),
      );
      await Promise.all(transactions);
      // Three times as long as a session may be idle: what the server ends is ended by then.
      const { renewedAt: first = '' } = (await state()) ?? {};
      await until(async () => Date.parse((await state())?.renewedAt ?? '') - Date.parse(first) > 3_000);
      const reads = Array.from({ length: 4 }, () => sql`select 1 as one`.execute(engine.kysely<unknown>()));
      expect((await Promise.all(reads)).map(({ rows }) => rows.length)).toEqual([1, 1, 1, 1]);
      expect(lease.signal.aborted).toBe(false);
    },
  );

  test('needs no lease beside the lock of a session where that keeps out everybody who can write', async () => {
    const lock = await exclusiveLock(engine, { name: 'alone', program: 'a test', waitMs: 0 });
    expect([lock.fence, await readLease(engine, 'alone')]).toEqual([undefined, null]);
    await lock.release();
  });

  test('makes its table by itself, which is ours and no drift', async () => {
    const empty = await freshDatabase(name);
    const fresh = await empty.open('create');
    expect(await readLease(fresh, 'work')).toBe(null);
    const [one, two] = await Promise.allSettled([acquireLease(fresh, request), acquireLease(fresh, request)]);
    expect([one?.status, two?.status].sort()).toEqual(['fulfilled', 'rejected']);
    expect(await recognise(fresh)).toBe('empty');
    await migrate(fresh, { program: 'test', waitMs: 0 });
    expect(await fresh.tableNames()).toContain('multiflexi_lease');
    expect(await verifySchema(fresh, MIGRATIONS)).toMatchObject({ differences: [], leftOut: [] });
    for (const result of [one, two]) if (result?.status === 'fulfilled') await result.value.release();
    await fresh.close();
    await empty.drop();
  });
});
