/** On a Galera cluster locks are local to a node: there the lease keeps two nodes apart, and what is written at a commit. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { applyPurge, planPurge } from '../../src/cleanup/index.ts';
import { type Engine, openEngine, type ServerSettings } from '../../src/engines/index.ts';
import { acquireLease, exclusiveLock, fencedTransaction } from '../../src/leases/index.ts';
import { migrate } from '../../src/migrations/index.ts';
import { PURGE_LOCK, SCHEMA_LOCK } from '../../src/schema/index.ts';
import { digestDatabase } from '../../src/tasks/index.ts';
import { preflight } from '../../src/tasks/switch/preflight.ts';
import { freshDatabase, isAvailable, migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { everyFinishedJob } from '../harness/rule-books.ts';
import { type Cluster, provideCluster } from '../servers/index.ts';

const JOBS = 400;

describe.skipIf(!isAvailable('mariadb'))('two nodes of a Galera cluster', () => {
  let cluster: Cluster | undefined;
  let one: Engine;
  let two: Engine;
  let name = '';
  beforeAll(async () => {
    cluster = await provideCluster();
    if (!cluster) return;
    const [first, second] = cluster.nodes;
    const database = await migratedDatabase(first);
    one = database.engine;
    name = database.environment.DB_DATABASE ?? '';
    await makeCompany(one);
    const { host, port, user: username, password } = second;
    const settings = { ...(database.settings as ServerSettings), host, port, username, password };
    two = await openEngine(settings, 'change');
  });
  afterAll(async () => {
    await two?.close();
    await one?.close();
    await cluster?.stop();
  });
  beforeEach(async ({ skip }) => {
    if (!cluster) return skip('no Galera library is to be had');
    await sql`delete from multiflexi_lease`.execute(one.kysely<unknown>());
    const history = Array.from({ length: JOBS }, (_, n) => ({ id: BigInt(n + 1), minute: n }));
    await makeHistory(
      one,
      history.map((job) => ({ ...job, status: 'ok', artifacts: 0, logs: 0 })),
      [],
    );
    expect(await jobs(two)).toBe(JOBS);
  });

  /** As the whole cluster has it: what another node has written is applied first. */
  async function jobs(node: Engine): Promise<number> {
    return node
      .kysely<unknown>()
      .connection()
      .execute(async (db) => {
        await sql`set session wsrep_sync_wait = 1`.execute(db);
        const { rows } = await sql<{ n: bigint }>`select count(*) as n from job`.execute(db);
        await sql`set session wsrep_sync_wait = 0`.execute(db);
        return Number(rows[0]?.n);
      });
  }

  const request = { program: 'a test', waitMs: 0 };
  const LOCKED = { code: 'LOCKED', exit: 6, message: expect.stringMatching(/^The lease "/) };

  test('say that locks do not reach all who can write, and have one lease', async () => {
    expect([await one.locksReachAllWriters(), await two.locksReachAllWriters()]).toEqual([false, false]);
    expect(await one.serverProducts()).toMatchObject([{ name: 'Galera', tested: true }]);
    const lease = await acquireLease(one, { ...request, name: 'work', timeToLiveMs: 60_000 });
    const claim = { ...request, name: 'work', timeToLiveMs: 60_000 };
    await expect(acquireLease(two, claim)).rejects.toMatchObject(LOCKED);
    await lease.release();
    const next = await acquireLease(two, { ...claim, waitMs: 10_000 });
    expect(next.term).toBe(2n);
    await next.release();
  });

  test('are read by one digest, and left for another database by nobody: writers of the other could not be kept out', async () => {
    const { tables } = await digestDatabase({ engine: one, program: 'test' }, { tables: ['job'] });
    expect(tables[0]?.sum.rows).toBe(JOBS);
    const target = await freshDatabase('mariadb');
    const asked = { source: one, target: await target.open('create'), isCopy: false, except: [] };
    expect((await preflight(asked)).problems).toEqual([
      expect.stringContaining('a node of a cluster that takes writes on other nodes'),
    ]);
    await asked.target.close();
    await target.drop();
  });

  test('do not purge or migrate at the same time, though the lock of a session is free on each', async () => {
    const purging = await exclusiveLock(one, { ...request, name: PURGE_LOCK });
    const plan = await planPurge(two, everyFinishedJob());
    await expect(applyPurge(two, plan, request)).rejects.toMatchObject(LOCKED);
    await purging.release();
    const migrating = await exclusiveLock(one, { ...request, name: SCHEMA_LOCK });
    await expect(migrate(two, request)).rejects.toMatchObject(LOCKED);
    await migrating.release();
    // One after the other they do, each under a lease of its own.
    await applyPurge(two, plan, { ...request, waitMs: 10_000 });
    expect(await jobs(one)).toBe(0);
    await migrate(two, { ...request, waitMs: 10_000 });
  });

  test('a transaction that was open on one when the lease was taken over on the other is rolled back at its commit', async () => {
    const lease = await acquireLease(one, { ...request, name: 'work', timeToLiveMs: 60_000 });
    const deleting = fencedTransaction(one, { fence: lease }, async (db) => {
      await sql`delete from job where id <= 10`.execute(db);
      // Its locks keep nobody on the other node from that.
      await sql`update multiflexi_lease set term = term + 1, program = 'another'`.execute(
        two.kysely<unknown>(),
      );
    });
    await expect(deleting).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect([await jobs(one), await jobs(two)]).toEqual([JOBS, JOBS]);
    await lease.release();
  });

  test('a transaction of a node that does not know of it yet is not committed behind the take-over', async () => {
    const lease = await acquireLease(one, { ...request, name: 'work', timeToLiveMs: 60_000 });
    // Whoever changes the table waits on this node, what comes from the other one included; reading goes on.
    const [{ host, port, user, password }] = (cluster as Cluster).nodes;
    const late = await mysql.createConnection({ host, port, user, password });
    await late.query(`flush tables ${name}.multiflexi_lease with read lock`);
    await sql`update multiflexi_lease set term = term + 1, program = 'another'`.execute(
      two.kysely<unknown>(),
    );
    const deleting = fencedTransaction(one, { fence: lease }, async (db) => {
      await sql`delete from job where id <= 10`.execute(db);
    });
    const ended = expect(deleting).rejects.toMatchObject({ code: 'LEASE_LOST' });
    const waiting = `select 1 from information_schema.processlist where db = '${name}' and command <> 'Sleep'
      and (state like 'Waiting%' or state like '%ommit%')`;
    while (((await late.query(waiting))[0] as unknown[]).length === 0) await sleep(50);
    await late.query('unlock tables');
    await late.end();
    await ended;
    expect([await jobs(one), await jobs(two)]).toEqual([JOBS, JOBS]);
    await lease.release();
  });

  test('a purge on one stops when the lease is taken over on the other', async () => {
    const plan = await planPurge(one, everyFinishedJob());
    let taken = false;
    const purge = applyPurge(one, plan, {
      ...request,
      throttle: {
        waits: new Map(),
        chunkShare: 1,
        largestTransaction: 10,
        wait: async () => {
          if (taken || (await jobs(one)) === JOBS) return;
          taken = true;
          await sql`update multiflexi_lease set term = term + 1`.execute(two.kysely<unknown>());
        },
      },
    });
    await expect(purge).rejects.toMatchObject({ code: 'LEASE_LOST' });
    expect(await jobs(two)).toBeGreaterThan(0);
  });
});
