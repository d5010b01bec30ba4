/** Two housekeepers on two hosts: one is killed or frozen in the middle of its retention, and the other one takes over. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findArchive, verifyArchive } from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import { utc } from '../../src/engines/index.ts';
import { acquireLease } from '../../src/leases/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { listRuns } from '../../src/tasks/index.ts';
import { dataDigest } from '../harness/digests.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { makeCompany } from '../harness/history.ts';
import { Housekeeping } from '../harness/housekeeping.ts';
import type { Orders } from '../harness/housekeeping-process.ts';

const JOBS = 1_200;
const OLD_JOBS = 500;
const DAY_MS = 86_400_000;
const TIME_TO_LIVE_MS = 3_000;

describeEngines('two housekeepers', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  let directory: string;
  let started: Housekeeping[] = [];
  beforeEach(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    directory = mkdtempSync(join(tmpdir(), 'multiflexi-housekeepers-'));
    await makeCompany(engine);
    await engine.bulkLoad({
      table: 'job',
      columns: ['id', 'run_template_id', 'app_id', 'company_id', 'status', 'DatCreate'],
      rows: Array.from({ length: JOBS }, (_, n) => [
        BigInt(n + 1),
        1n,
        1n,
        1n,
        'ok',
        utc(Date.now() - (n < OLD_JOBS ? 100 : 1) * DAY_MS),
      ]),
    });
    const db = engine.kysely<Database>();
    await db.deleteFrom('retention_policy').execute();
    await db
      .insertInto('retention_policy')
      .values({
        subject: 'job',
        max_age_days: 60,
        keep_last_success: false,
        enabled: true,
        action: 'archive',
      })
      .execute();
  });
  afterEach(async () => {
    for (const one of started) await one.kill();
    started = [];
    await database.drop();
    rmSync(directory, { recursive: true });
  });

  function start(orders: Partial<Orders> = {}): Housekeeping {
    const one = new Housekeeping({
      settings: database.settings,
      host: 'host-a',
      directory,
      timeToLiveMs: TIME_TO_LIVE_MS,
      stage: null,
      signal: 'SIGKILL',
      ...orders,
    });
    started.push(one);
    return one;
  }

  const jobs = async () =>
    (await engine.kysely<Database>().selectFrom('job').select('id').orderBy('id').execute()).map(
      ({ id }) => id,
    );

  /** When nobody else can be sure of it any more. */
  async function afterTheLease(): Promise<void> {
    const request = { name: 'housekeeper', program: 'a test', waitMs: 30_000, timeToLiveMs: 1_000 };
    await (await acquireLease(engine, request)).release();
  }

  async function archivedRows(): Promise<number> {
    let rows = 0;
    for (const archive of readdirSync(directory).filter((one) => /^\d/.test(one))) {
      const verified = await verifyArchive(findArchive(directory, archive));
      expect(verified.faults).toEqual([]);
      rows += verified.rows;
    }
    return rows;
  }

  test('at once: one does the work, the other is told who is at it and where', async () => {
    const hosts = ['host-a', 'host-b'].map((host) => start({ host }));
    const said = await Promise.all(hosts.map((host) => host.next()));
    const refused = said.findIndex((word) => word.said === 'refused');
    // On a fast machine the second one may find that all is done.
    if (refused >= 0) {
      expect(said[refused]).toMatchObject({
        code: 'LOCKED',
        message: expect.stringContaining(`on host-${refused === 0 ? 'b' : 'a'}, since 20`),
      });
      expect(await hosts[refused]?.end).toBe(6);
    }
    expect(said.filter((word) => word.said === 'done').flatMap((word) => word.failed)).toEqual([]);
    expect([(await jobs()).length, await archivedRows()]).toEqual([JOBS - OLD_JOBS, OLD_JOBS]);
  });

  test('one killed in the middle of a chunk is succeeded by the other, which finishes its work', async () => {
    const victim = start({ stage: { statement: '^delete from "job"', nth: 1 } });
    expect(await victim.end).toBe('SIGKILL');
    const early = start({ host: 'host-b' });
    expect(await early.next()).toMatchObject({
      said: 'refused',
      code: 'LOCKED',
      message: expect.stringContaining('on host-a'),
    });
    await afterTheLease();
    const heir = start({ host: 'host-b' });
    expect(await heir.next()).toEqual({ said: 'done', failed: [] });
    expect([(await jobs()).length, await archivedRows()]).toEqual([JOBS - OLD_JOBS, OLD_JOBS]);
    const runs = await listRuns({ engine }, 20, 'retention');
    expect(runs.map(({ host, outcome }) => [host, outcome])).toEqual([
      ['host-b', 'done'],
      ['host-a', 'interrupted'],
    ]);
  });

  test('one frozen until the other has taken over deletes not one row when it wakes up', async () => {
    // Where nobody can end its transaction, it is frozen between two.
    const statement = name === 'sqlite' ? '^commit' : '^delete from "job"';
    const sleeper = start({ stage: { statement, nth: name === 'sqlite' ? 4 : 1 }, signal: 'SIGSTOP' });
    expect(await sleeper.next()).toEqual({ said: 'freezes' });
    await afterTheLease();
    const left = await jobs();
    const before = await dataDigest(engine, ['job', 'artifacts', 'logger']);
    sleeper.child.kill('SIGCONT');
    expect(await sleeper.next()).toMatchObject({
      said: 'refused',
      code: 'LEASE_LOST',
      message: expect.stringMatching(
        /^The lease "housekeeper" of this database (was taken over by|could not be renewed)/,
      ),
    });
    expect(await sleeper.end).toBe(6);
    expect(await dataDigest(engine, ['job', 'artifacts', 'logger'])).toBe(before);
    const heir = start({ host: 'host-b' });
    expect(await heir.next()).toEqual({ said: 'done', failed: [] });
    expect([left.length > JOBS - OLD_JOBS, (await jobs()).length, await archivedRows()]).toEqual([
      true,
      JOBS - OLD_JOBS,
      OLD_JOBS,
    ]);
  });
});
