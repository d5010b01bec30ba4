/** Rows and files that somebody else has locked: their neighbours are deleted, and a wait for them ends when it should. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { applyPurge, planPurge } from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { untilBlocked } from '../harness/blocked-session.ts';
import { ENGINE_NAMES, isAvailable, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany, makeHistory, type TestJob } from '../harness/history.ts';
import { jobsOlderThan } from '../harness/rule-books.ts';

const JOBS = 16;
const OTHERS = 600;
const ALL = jobsOlderThan(at(JOBS));
const apply = { program: 'prune', waitMs: 0 };

type Fixture = Awaited<ReturnType<typeof migratedDatabase>>;

const job = (n: number): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n, artifacts: 1, logs: 1 });

/** Beside the jobs that are deleted there are others: of a handful of rows a server would read all, whoever has them. */
async function fresh(name: (typeof ENGINE_NAMES)[number]): Promise<Fixture> {
  const database = await migratedDatabase(name);
  await makeCompany(database.engine);
  await makeHistory(
    database.engine,
    Array.from({ length: JOBS + OTHERS }, (_, n) => job(n)),
    [],
  );
  if (name === 'mysql' || name === 'mariadb')
    await sql`analyze table job, artifacts, logger`.execute(database.engine.kysely<unknown>());
  return database;
}

async function refill({ engine }: Fixture): Promise<void> {
  const there = new Set(await left({ engine }));
  const missing = Array.from({ length: JOBS }, (_, n) => job(n)).filter(({ id }) => !there.has(id));
  await engine.bulkLoad({
    table: 'job',
    columns: ['id', 'app_id', 'company_id', 'run_template_id', 'status', 'DatCreate'],
    rows: missing.map(({ id, minute, status }) => [id, 1n, 1n, 1n, status, at(minute)]),
  });
  await engine.bulkLoad({
    table: 'artifacts',
    columns: ['job_id', 'filename', 'content', 'created_at'],
    rows: missing.map(({ id, minute }) => [id, '0.txt', Buffer.from('output'), at(minute)]),
  });
  await engine.bulkLoad({
    table: 'logger',
    columns: ['company_id', 'job_id', 'message', 'created_at'],
    rows: missing.map(({ id, minute }) => [1n, id, 'said', at(minute)]),
  });
}

const holders: (() => Promise<void>)[] = [];

/** Another session in a transaction that has done its work and holds its locks. @returns its end */
async function holding(
  database: Fixture,
  work: (db: ReturnType<Engine['kysely']>) => Promise<unknown>,
): Promise<() => Promise<void>> {
  const other = await database.open();
  const { promise: letGo, resolve: end } = Promise.withResolvers<void>();
  const { promise: held, resolve: has } = Promise.withResolvers<void>();
  const whole = other
    .kysely<unknown>()
    .transaction()
    .execute(async (db) => {
      await work(db as never);
      has();
      await letGo;
    });
  await held;
  const release = async () => {
    end();
    await whole;
    await other.close();
  };
  holders.push(release);
  return release;
}

/** Whatever has come of the test: a database cannot be dropped while a session holds something of it. */
async function releaseAll(): Promise<void> {
  for (const release of holders.splice(0)) await release();
}

const left = async ({ engine }: Pick<Fixture, 'engine'>) =>
  (
    await engine
      .kysely<Database>()
      .selectFrom('job')
      .select('id')
      .where('id', '<=', BigInt(JOBS))
      .orderBy('id')
      .execute()
  ).map(({ id }) => id);

for (const name of ENGINE_NAMES.filter((engine) => engine !== 'sqlite'))
  describe.runIf(isAvailable(name))(`rows that another session has locked on ${name}`, () => {
    let database: Fixture;
    beforeAll(async () => {
      database = await fresh(name);
    });
    beforeEach(() => refill(database));
    afterEach(releaseAll);
    afterAll(() => database.drop());

    test.each([
      ['a job', sql`update job set command = 'edited' where id = 7`],
      ['an artifact', sql`update artifacts set filename = 'edited' where job_id = 7`],
      ['a log entry', sql`select id from logger where job_id = 7 for update`],
    ])('keep %s until its session lets go, and none of its neighbours', async (_, statement) => {
      const release = await holding(database, (db) => statement.execute(db));
      let freed = false;
      const result = await applyPurge(database.engine, await planPurge(database.engine, ALL), {
        ...apply,
        onProgress: ({ deleted }) => {
          if (freed || deleted < (JOBS - 1) * 3) return;
          freed = true;
          void release();
        },
      });
      expect(freed).toBe(true);
      expect([result.skipped.rows, await left(database)]).toEqual([0, []]);
    });

    test('are left when the time is over, and it is over when it should be', async () => {
      const release = await holding(database, (db) =>
        sql`update job set command = 'edited' where id = 7`.execute(db),
      );
      const began = performance.now();
      const result = await applyPurge(database.engine, await planPurge(database.engine, ALL), {
        ...apply,
        timeBudgetMs: 1_000,
      });
      expect(performance.now() - began).toBeLessThan(4_000);
      expect([result.stopped, await left(database)]).toEqual(['time budget', [7n]]);
      await release();
    });

    test('are found by halving where the server cannot pass over them', async () => {
      const { engine } = database;
      const older: Engine = { ...engine, capabilities: { ...engine.capabilities, skipLocked: false } };
      const release = await holding(database, (db) =>
        sql`update job set command = 'edited' where id = 7`.execute(db),
      );
      const stop = new AbortController();
      const result = await applyPurge(older, await planPurge(engine, ALL), {
        ...apply,
        signal: stop.signal,
        onProgress: ({ deleted }) => {
          if (deleted >= (JOBS - 1) * 3) stop.abort();
        },
      });
      expect([result.stopped, await left(database)]).toEqual(['interrupted', [7n]]);
      await release();
    });
  });

for (const name of ENGINE_NAMES)
  describe.runIf(isAvailable(name))(`a whole table that another session has locked on ${name}`, () => {
    const lock = (db: ReturnType<Engine['kysely']>) => {
      if (name === 'sqlite') return sql`update job set command = 'edited' where id = 7`.execute(db);
      if (name === 'postgresql') return sql`lock table job in access exclusive mode`.execute(db);
      return sql`lock tables job write`.execute(db);
    };

    let database: Fixture;
    beforeAll(async () => {
      database = await fresh(name);
    });
    beforeEach(() => refill(database));
    afterEach(releaseAll);
    afterAll(() => database.drop());

    test.each(['time budget', 'interrupted'] as const)('is waited for no longer than: %s', async (why) => {
      const plan = await planPurge(database.engine, ALL);
      const release = await holding(database, lock);
      const stop = new AbortController();
      let began = performance.now();
      if (why === 'interrupted') {
        // SQLite waits inside of this process: whatever else is to happen, happens between its tries.
        const blocked = name === 'sqlite' ? sleep(100) : untilBlocked(database);
        void blocked.then(() => {
          began = performance.now();
          stop.abort();
        });
      }
      const result = await applyPurge(database.engine, plan, {
        ...apply,
        signal: stop.signal,
        ...(why === 'time budget' ? { timeBudgetMs: 700 } : {}),
      });
      expect(performance.now() - began).toBeLessThan(9_000);
      expect([result.stopped, result.skipped.rows]).toEqual([why, 0]);
      await release();
      await applyPurge(database.engine, plan, apply);
      expect(await left(database)).toEqual([]);
    });
  });
