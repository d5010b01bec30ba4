/** Whatever writes under a lease writes nothing any more once somebody else has it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { applyPurge, type PurgeOptions, planPurge } from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import { acquireLease, type Lease } from '../../src/leases/index.ts';
import { patiently, persistently } from '../../src/pacing/index.ts';
import type { Database } from '../../src/schema/index.ts';
import {
  beginRun,
  kindOfRun,
  listArchives,
  planPrune,
  planReclaim,
  runArchiveRestore,
  runPurge,
  runReclaim,
  type TaskContext,
} from '../../src/tasks/index.ts';
import { cutSessions } from '../harness/cut-sessions.ts';
import { describeEngines, migratedDatabase, testWhere } from '../harness/engines.ts';
import { makeCompany, makeHistory, type TestJob } from '../harness/history.ts';
import { everyFinishedJob } from '../harness/rule-books.ts';

const JOBS = 400;
const RULES = {
  logs: false,
  jobs: true,
  keep: 0,
  keepPerTemplate: null,
  keepLastSuccess: false,
  olderThan: null,
  statuses: null,
  company: null,
};
const GUARD = { percent: 100, skipOversized: false, archiveAll: false };

describeEngines('under a lease that is lost', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  let other: Engine;
  let lease: Lease;
  let directory: string;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    other = await database.open();
    await makeCompany(engine);
  });
  afterAll(async () => {
    await other.close();
    await database.drop();
  });
  beforeEach(async () => {
    await lease?.release();
    directory = mkdtempSync(join(tmpdir(), 'multiflexi-lease-'));
    const jobs = Array.from(
      { length: JOBS },
      (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n, artifacts: 1, logs: 1 }),
    );
    await makeHistory(engine, jobs, []);
    await sql`delete from multiflexi_lease`.execute(engine.kysely<unknown>());
    await sql`delete from housekeeping_run`.execute(engine.kysely<unknown>());
    // Its heartbeat comes too late to tell it: what is asked in the transactions has to.
    lease = await acquireLease(engine, { name: 'work', program: 'a test', timeToLiveMs: 120_000, waitMs: 0 });
    return () => rmSync(directory, { recursive: true });
  });

  /** Its own sessions may have been cut as well. */
  const inSpiteOfCuts = <T>(work: () => Promise<T>) =>
    persistently(() => patiently(work, { signals: [] }), {
      signals: [],
      lastDone: () => performance.now(),
      goesOn: () => true,
    });

  async function takeOver(): Promise<void> {
    await inSpiteOfCuts(() =>
      sql`update multiflexi_lease set term = term + 1`.execute(other.kysely<unknown>()),
    );
  }

  async function count(table: 'job' | 'housekeeping_run' = 'job'): Promise<number> {
    const rows = () => other.kysely<Database>().selectFrom(table).select('id').execute();
    return (await inSpiteOfCuts(rows)).length;
  }

  const context = (): TaskContext => ({ engine, program: 'a test', fence: lease });
  const LOST = { code: 'LEASE_LOST', exit: 6 };

  /** Some of its jobs are gone when something happens. @returns how many were left then */
  async function interruptedPurge(
    happens: () => Promise<void>,
    options: Partial<PurgeOptions> = {},
  ): Promise<number> {
    let left: number | undefined;
    let deleted = 0;
    const purge = applyPurge(engine, await planPurge(engine, everyFinishedJob()), {
      program: 'a test',
      waitMs: 0,
      fence: lease,
      onProgress: (progress) => {
        deleted = progress.deleted;
      },
      throttle: {
        waits: new Map(),
        chunkShare: 1,
        largestTransaction: 20,
        wait: async () => {
          if (deleted === 0 || left !== undefined) return;
          left = JOBS;
          await happens();
          left = await count();
        },
      },
      ...options,
    });
    await expect(purge).rejects.toMatchObject(LOST);
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(JOBS);
    return left ?? 0;
  }

  test('a purge deletes no job more, and does not try again', async () => {
    let lost = 0;
    const left = await interruptedPurge(takeOver, { onLost: () => lost++ });
    expect([await count(), lost]).toEqual([left, 0]);
  });

  testWhere(name !== 'sqlite')('a purge that comes back after a lost connection asks again', async () => {
    let taken: Promise<number> | undefined;
    await interruptedPurge(() => cutSessions(database), {
      // It rests before it comes back.
      onLost: () => {
        taken ??= takeOver().then(() => count());
      },
    });
    expect(taken).toBeDefined();
    expect(await count()).toBe(await taken);
  });

  test('a purge with an archive leaves each job in one place, which the next one settles', async () => {
    const archive = { directory, all: true };
    const left = await interruptedPurge(takeOver, { archive });
    expect(await count()).toBe(left);
    await lease.release();
    const plan = await planPurge(engine, everyFinishedJob());
    await applyPurge(engine, plan, { program: 'a test', waitMs: 0, archive });
    const archived = listArchives(directory).reduce((sum, { catalogue }) => {
      const job = catalogue?.tables.find((table) => table.name === 'job');
      return sum + (job?.rows ?? 0);
    }, 0);
    expect([await count(), archived]).toEqual([0, JOBS]);
  });

  test('no task begins: neither a restore nor the record of a purge', async () => {
    const archive = { directory };
    const planned = await planPrune(context(), RULES, { ...GUARD, archiveAll: true });
    const request = { confirmed: 'everything', waitMs: 0, archive } as const;
    await runPurge(context(), planned, request);
    expect([await count(), await count('housekeeping_run')]).toEqual([0, 1]);
    const [made] = listArchives(directory);
    await takeOver();

    const restore = { archive: made?.name ?? '', jobs: null, confirmed: 'everything', waitMs: 0 } as const;
    await expect(runArchiveRestore(context(), archive, restore)).rejects.toMatchObject(LOST);
    await expect(beginRun(engine, kindOfRun('prune', []), 1, { fence: lease })).rejects.toMatchObject(LOST);
    expect([await count(), await count('housekeeping_run')]).toEqual([0, 1]);
  });

  // MySQL and MariaDB have nothing that stops nobody.
  testWhere(name === 'sqlite' || name === 'postgresql')('no space is given back', async () => {
    await applyPurge(engine, await planPurge(engine, everyFinishedJob()), { program: 'a test', waitMs: 0 });
    const before = await planReclaim(context());
    await takeOver();
    await expect(runReclaim(context(), { waitMs: 0 })).rejects.toMatchObject(LOST);
    expect((await planReclaim(context())).use.freeBytes).toBe(before.use.freeBytes);
  });
});
