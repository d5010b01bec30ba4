/** A purge gives way to sessions that wait for what it has locked, and goes on where it may not see them. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { applyPurge, type PurgeResult, planPurge } from '../../src/cleanup/index.ts';
import type { Engine, ServerSettings } from '../../src/engines/index.ts';
import { type Pressure, Throttle, type UndoLimits, undoPressure } from '../../src/pacing/index.ts';
import { cli, finished, startCli } from '../harness/cli.ts';
import { administer, isAvailable, migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { everyFinishedJob } from '../harness/rule-books.ts';

/** Enough for a few seconds: a session that waits is looked for twice a second. */
const JOBS = { mariadb: 40_000, mysql: 30_000, postgresql: 100_000 };
/** Enough for some chunks of full size. */
const FEW = 20_000;
const PRUNE = ['prune', '--jobs', '--keep', '0', '--yes', '-f', 'json'];

describe.each(['mariadb', 'mysql', 'postgresql'] as const)('on %s', (name) => {
  describe.skipIf(!isAvailable(name))('a purge', () => {
    let database: Awaited<ReturnType<typeof migratedDatabase>>;
    let platform: Engine;

    beforeAll(async () => {
      database = await migratedDatabase(name);
      platform = await database.open();
      await makeCompany(database.engine);
    });
    afterAll(async () => {
      await platform.close();
      await database.drop();
    });

    const fill = (jobs: number) =>
      makeHistory(
        database.engine,
        Array.from({ length: jobs }, (_, n) => ({
          id: BigInt(n + 1),
          status: 'ok' as const,
          minute: n,
          artifacts: 1,
          logs: 2,
        })),
        [],
      );

    /**
     * Waits for nearly every chunk: for the oldest job, which is among those that are being deleted; PostgreSQL takes
     * longer to find that behind all the dead ones than to delete a chunk, so there for the table, as CREATE INDEX does.
     */
    async function keepsWaiting(ended: () => boolean): Promise<void> {
      const { oldest, table } = {
        oldest: () =>
          sql`select id from job order by id limit 1 for update`.execute(platform.kysely<unknown>()),
        table: () =>
          platform
            .kysely<unknown>()
            .transaction()
            .execute((transaction) => sql`lock table job in share mode`.execute(transaction)),
      };
      while (!ended()) {
        await (name === 'postgresql' ? table() : oldest())
          // Whoever loses a deadlock, or has waited for two seconds, tries again.
          .catch(() => {});
      }
    }

    test('says beside a session that waits for its locks that its chunks are smaller', async () => {
      const said = /^Deleting in smaller chunks: (connection|session) \d+ \(user .*\) waits? for/m;
      // A wait may fall between two looks, all through a purge of a few seconds.
      for (let round = 1, told = ''; !said.test(told); round++) {
        expect([round, told]).not.toEqual([5, told]);
        await fill(JOBS[name]);
        const running = finished(startCli(PRUNE, database.environment));
        let ended = false;
        const [{ exit, stdout, stderr }] = await Promise.all([
          running.finally(() => {
            ended = true;
          }),
          keepsWaiting(() => ended),
        ]);
        told = stderr;
        expect([exit, told]).toEqual([0, expect.anything()]);
        expect(JSON.parse(stdout).tables).toContainEqual({ table_name: 'job', rows: JOBS[name] });
      }
    });

    test('makes smaller chunks for as long as somebody waits', async () => {
      async function purge(chunkShare: number): Promise<PurgeResult> {
        await fill(FEW);
        const plan = await planPurge(database.engine, everyFinishedJob());
        const source = { largestTransaction: null, ask: async () => undefined, chunkShare: () => chunkShare };
        const throttle = new Throttle([source], () => {});
        return applyPurge(database.engine, plan, { program: 'test', waitMs: 0, throttle });
      }
      const alone = await purge(1);
      const beside = await purge(1 / 16);
      expect(beside.tables).toEqual(alone.tables);
      expect(beside.chunks).toBeGreaterThan(alone.chunks * 1.25);
    });

    test('of an account that may not see who waits says that once, with the grant, and deletes all the same', async () => {
      if (name === 'postgresql') return; // Every role may.
      const { database: base } = database.settings as ServerSettings;
      const user = `g_${base}`;
      await administer(name, `create user '${user}'@'%' identified by '${user}'`);
      await administer(name, `grant select, insert, update, delete on ${base}.* to '${user}'@'%'`);
      await fill(10);
      const account = { ...database.environment, DB_USERNAME: user, DB_PASSWORD: user };
      const { exit, stdout, stderr } = await cli(PRUNE, account);
      await administer(name, `drop user '${user}'@'%'`);
      expect([exit, JSON.parse(stdout).tables]).toEqual([
        0,
        expect.arrayContaining([{ table_name: 'job', rows: 10 }]),
      ]);
      expect(stderr.match(/Cannot see which sessions wait .*: GRANT /g)).toHaveLength(1);
      expect(stderr.match(/Cannot see how many old versions .*: GRANT PROCESS/g) ?? []).toHaveLength(
        name === 'mysql' ? 1 : 0,
      );
    });
  });
});

describe.each(['mariadb', 'mysql'] as const)('on %s', (name) => {
  describe.skipIf(!isAvailable(name))('a purge beside a long reader', () => {
    const GROWTH = 300;
    const NONE = { most: Number.POSITIVE_INFINITY, growth: Number.POSITIVE_INFINITY, waitMs: 120_000 };
    let database: Awaited<ReturnType<typeof migratedDatabase>>;
    let platform: Engine;
    const told: Pressure[] = [];

    beforeAll(async () => {
      database = await migratedDatabase(name);
      platform = await database.open();
      await makeCompany(database.engine);
      // Else it tells of what it has thrown away only after a hundred rounds, half a minute later.
      if (name === 'mysql') await administer(name, 'set global innodb_purge_rseg_truncate_frequency = 1');
    });
    afterAll(async () => {
      await platform.close();
      await database.drop();
    });

    const jobs = async () => {
      const { rows } = await sql<{ n: bigint }>`select count(*) as n from job`.execute(
        database.engine.kysely<unknown>(),
      );
      return Number(rows[0]?.n);
    };

    /** With more transactions behind the reader than press. */
    async function purge(limits: UndoLimits, whileReading: (running: Promise<unknown>) => Promise<void>) {
      const { engine } = database;
      await makeHistory(engine, [{ id: 1n, status: 'ok', minute: 0, artifacts: 1, logs: 1 }], []);
      const plan = await planPurge(engine, everyFinishedJob());
      const givenUp: number[] = [];
      const source = undoPressure(
        () => engine.undoBacklog(),
        limits,
        (ms) => givenUp.push(ms),
        // At every look: six hundred updates take less than a moment.
        0,
      );
      const throttle = new Throttle([source], (pressure) => told.push(pressure));
      await source.ask();
      const sight = await engine.undoBacklog();
      const before = sight?.visible ? sight.seen.transactions : 0;
      let running: Promise<PurgeResult> | undefined;
      const reader = platform.kysely<unknown>().transaction().setIsolationLevel('repeatable read');
      await reader.execute(async (transaction) => {
        await sql`select * from company`.execute(transaction);
        // What was there before the reader may be thrown away meanwhile: these alone are more than then, and pressing.
        for (let n = 0; n < before + 2 * GROWTH; n++)
          await sql`update company set name = ${`Acme ${n}`} where id = 1`.execute(engine.kysely<unknown>());
        running = applyPurge(engine, plan, { program: 'test', waitMs: 0, throttle });
        await whileReading(running);
      });
      const result = await running;
      return { givenUp, result };
    }

    test('deletes nothing while its old versions pile up, says whose they are, and goes on when he has ended', async () => {
      const { givenUp, result } = await purge({ ...NONE, growth: GROWTH }, async () => {
        await expect.poll(() => told.length, { timeout: 30_000 }).toBeGreaterThan(0);
        expect(await jobs()).toBe(1);
      });
      expect(told[0]).toMatchObject({
        reason: 'undo-backlog',
        whose: expect.stringMatching(/^connection \d+ \(user/),
        seconds: expect.any(Number),
      });
      expect(told[0]?.count).toBeGreaterThan(GROWTH);
      expect([await jobs(), givenUp]).toEqual([0, []]);
      expect(result?.waits).toEqual([{ reason: 'undo-backlog', milliseconds: expect.any(Number) }]);
    });

    test('does not wait for him for ever, and says that as well', async () => {
      const { givenUp } = await purge({ ...NONE, most: GROWTH, waitMs: 600 }, async (running) => {
        await running;
        expect(await jobs()).toBe(0);
      });
      expect(givenUp).toHaveLength(1);
    });
  });
});
