/** A Galera cluster that waits for a node holds a purge back. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import mysql from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyPurge, planPurge } from '../../src/cleanup/index.ts';
import { type Pressure, replicaLag, Throttle } from '../../src/pacing/index.ts';
import { isAvailable, migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { everyFinishedJob } from '../harness/rule-books.ts';
import { type Cluster, provideCluster } from '../servers/index.ts';

const JOBS = 400;

describe.skipIf(!isAvailable('mariadb'))('a purge on a node of a Galera cluster', () => {
  let cluster: Cluster | undefined;
  beforeAll(async () => {
    cluster = await provideCluster();
  });
  afterAll(() => cluster?.stop());

  test('waits while the cluster stands still for a node that cannot follow', async ({ skip }) => {
    if (!cluster) return skip('no Galera library is to be had');
    const [one, two] = cluster.nodes;
    const database = await migratedDatabase(one);
    const { engine } = database;
    await makeCompany(engine);
    const jobs = Array.from({ length: JOBS }, (_, n) => ({ id: BigInt(n + 1), minute: n }));
    await makeHistory(
      engine,
      jobs.map((job) => ({ ...job, status: 'ok', artifacts: 0, logs: 1 })),
      [],
    );
    const plan = await planPurge(engine, everyFinishedJob());

    const watch = await engine.watchReplicas({ replicas: [], onWarning: () => {} });
    expect([watch.what, watch.largestTransaction]).toEqual([
      expect.stringMatching(/^Galera cluster of 2 nodes/),
      1_000,
    ]);
    const { host, port, user, password } = two;
    const slow = await mysql.createConnection({ host, port, user, password });
    await slow.query(`flush tables ${database.environment.DB_DATABASE}.company with read lock`);
    // The other node is to apply these, cannot, and stops everybody.
    const writing = (async () => {
      for (let n = 0; n < 5; n++)
        await sql`update company set name = ${`Acme ${n}`} where id = 1`.execute(engine.kysely<unknown>());
    })();
    await until(async () => (await watch.lag()).seconds === null);
    const told: Pressure[] = [];
    const throttle = new Throttle([replicaLag(watch, 5_000)], (lag) => told.push(lag));
    // Not by a purge: that would stand still by itself, as everybody who writes.
    let goesOn = false;
    const waiting = throttle.wait({ signals: [], isOver: () => false }).then(() => {
      goesOn = true;
    });
    await until(() => told.length > 0);
    expect(goesOn).toBe(false);
    await slow.query('unlock tables');
    await waiting;
    await writing;
    const { stopped, tables, waits } = await applyPurge(engine, plan, {
      program: 'test',
      waitMs: 0,
      throttle,
    });
    expect([stopped, tables.find(({ table }) => table === 'job')?.rows]).toEqual([null, JOBS]);
    // It is told of a wait that has lasted a second.
    expect(waits).toEqual([{ reason: 'replica', milliseconds: expect.any(Number) }]);
    expect(waits[0]?.milliseconds).toBeGreaterThan(900);
    expect(told[0]).toMatchObject({
      seconds: null,
      why: expect.stringMatching(/stood still for \d+ %.*flow control/),
    });
    await slow.end();
    await watch.close();
    await engine.close();
  });
});

async function until(happens: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await happens())) await sleep(50);
}
