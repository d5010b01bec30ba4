/** Two processes never work at a time under one lease, whatever becomes of the first one. */
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { acquireLease, readLease } from '../../src/leases/index.ts';
import { describeEngines, migratedDatabase, testWhere } from '../harness/engines.ts';
import { Leasing } from '../harness/leasing.ts';

const ROWS = 2_000;
const HOUR_MS = 3_600_000;

describeEngines('a lease between processes', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  let started: Leasing[] = [];
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await sql`create table leased_row (id bigint not null primary key)`.execute(engine.kysely<unknown>());
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    await sql`delete from multiflexi_lease`.execute(engine.kysely<unknown>());
    await sql`delete from leased_row`.execute(engine.kysely<unknown>());
    const rows = Array.from({ length: ROWS }, (_, id) => [BigInt(id)]);
    await engine.bulkLoad({ table: 'leased_row', columns: ['id'], rows });
  });
  afterEach(async () => {
    for (const one of started) await one.kill();
    started = [];
  });

  async function start(orders: Parameters<typeof Leasing.start>[1] = {}): Promise<Leasing> {
    const one = await Leasing.start(database, orders);
    started.push(one);
    return one;
  }

  const request = { name: 'work', program: 'successor', timeToLiveMs: 2_000, waitMs: 30_000 };

  async function rowsLeft(): Promise<bigint> {
    const { rows } = await sql<{ n: bigint }>`select count(*) as n from leased_row`.execute(
      engine.kysely<unknown>(),
    );
    return rows[0]?.n ?? -1n;
  }

  test('two hosts at once: one gets it, the other is told who has it, where and since when', async () => {
    const hosts = [await start({ host: 'host-a' }), await start({ host: 'host-b' })];
    for (const host of hosts) host.begin();
    const said = await Promise.all(hosts.map((host) => host.next()));
    const winner = said.findIndex((word) => word.said === 'held');
    const loser = 1 - winner;
    const pid = hosts[winner]?.child.pid;
    expect(said[loser]).toMatchObject({
      said: 'failed',
      code: 'LOCKED',
      exit: 6,
      message: expect.stringMatching(
        new RegExp(
          `"work" .* leasing \\(process ${pid}\\) on host-${winner === 0 ? 'a' : 'b'}, since 20\\d\\d-.*Z`,
        ),
      ),
    });
    expect(await hosts[loser]?.end).toBe(6);
  });

  test('a holder that was killed is succeeded when its time to live is over, and not before', async () => {
    const victim = await start({ timeToLiveMs: 3_000 });
    victim.begin();
    await victim.hears('held');
    await victim.kill();
    await expect(acquireLease(engine, { ...request, waitMs: 0 })).rejects.toMatchObject({ code: 'LOCKED' });
    const before = await readLease(engine, 'work');
    const lease = await acquireLease(engine, request);
    const after = await readLease(engine, 'work');
    expect(Date.parse(after?.since ?? '') - Date.parse(before?.renewedAt ?? '')).toBeGreaterThanOrEqual(
      3_000,
    );
    expect([before?.term, lease.term]).toEqual([1n, 2n]);
    await lease.release();
  });

  test('hosts whose clocks are two hours apart have one lease, which lasts no hour longer or shorter', async () => {
    const early = await start({ host: 'early', clockMs: HOUR_MS });
    const late = await start({ host: 'late', clockMs: -HOUR_MS });
    early.begin();
    await early.hears('held');
    late.begin();
    const { message } = await late.hears('failed');
    const [, since = ''] = /since (\S+Z)/.exec(message) ?? [];
    expect(Math.abs(Date.parse(since) - Date.now())).toBeLessThan(60_000);
    await early.kill();
    const next = await start({ host: 'next', clockMs: -HOUR_MS, waitMs: 30_000 });
    next.begin();
    const killed = performance.now();
    expect(await next.hears('held')).toMatchObject({ term: '2' });
    expect(performance.now() - killed).toBeLessThan(20_000);
  });

  const frozen = async (where: 'between' | 'within') => {
    const sleeper = await start({ deletes: { freezesAfter: 20, where } });
    sleeper.begin();
    await sleeper.hears('held');
    await sleeper.hears('freezes');
    return sleeper;
  };

  /** What it had deleted in a transaction that was open is rolled back by then, or was never begun. */
  async function isSucceeded(sleeper: Leasing): Promise<void> {
    const began = performance.now();
    const lease = await acquireLease(engine, request);
    // Its time to live, and as much again until the server has noticed that its transaction stands still.
    expect(performance.now() - began).toBeLessThan(12_000);
    const left = await rowsLeft();
    expect(left).toBe(BigInt(ROWS - 20));
    sleeper.child.kill('SIGCONT');
    expect(await sleeper.hears('failed')).toMatchObject({ code: 'LEASE_LOST', exit: 6 });
    await sleeper.end;
    expect(await rowsLeft()).toBe(left);
    expect(lease.signal.aborted).toBe(false);
    await lease.release();
  }

  test('one that was frozen between two transactions deletes no row more when it wakes up', async () => {
    await isSucceeded(await frozen('between'));
  });

  testWhere(name !== 'sqlite')(
    'one that was frozen in a transaction keeps nobody out for long, and its row is not deleted',
    async () => {
      await isSucceeded(await frozen('within'));
    },
  );

  testWhere(name === 'sqlite')(
    'one that was frozen in a transaction has the file to itself until it wakes up, and deletes nothing after somebody else has come',
    async () => {
      const sleeper = await frozen('within');
      // Whoever writes waits for it: no server can end its transaction.
      await expect(acquireLease(engine, { ...request, waitMs: 5_000 })).rejects.toMatchObject({
        code: 'LOCKED',
        message: expect.stringContaining('a transaction of that process has not ended yet'),
      });
      sleeper.child.kill('SIGCONT');
      expect(await sleeper.hears('failed')).toMatchObject({ code: 'LEASE_LOST' });
      const lease = await acquireLease(engine, request);
      await sleeper.end;
      // What it had begun while it held the lease was committed before.
      expect(await rowsLeft()).toBe(BigInt(ROWS - 21));
      await lease.release();
    },
  );
});
