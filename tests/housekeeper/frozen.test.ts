/**
 * A housekeeper that is frozen in a duty, of each kind, until another one has taken over: it changes nothing when it wakes up. It is the
 * same fence on every engine, which is tried with purges in processes.test.ts; all of them with `npm run test:full`.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engine, type EngineName, utc } from '../../src/engines/index.ts';
import { acquireLease } from '../../src/leases/index.ts';
import type { Database } from '../../src/schema/index.ts';
import type { DutyName } from '../../src/tasks/index.ts';
import { dataDigest } from '../harness/digests.ts';
import { describeOn, migratedDatabase } from '../harness/engines.ts';
import { makeCompany } from '../harness/history.ts';
import { Housekeeping } from '../harness/housekeeping.ts';

const DAY_MS = 86_400_000;
const JOBS = 300;
const TIME_TO_LIVE_MS = 600_000;
const TABLES = ['job', 'artifacts', 'logger', 'token', 'run_template', 'size_sample'];
/** Planner statistics are no data, credentials are only looked at, and space is given back without a row of its own. */
const FROZEN: readonly DutyName[] = [
  'size-samples',
  'counters',
  'schedules',
  'tokens',
  'temporary-files',
  'log-pruning',
  'retention',
  'history',
  'stale-jobs',
];
const ALL: readonly EngineName[] = ['sqlite', 'mysql', 'mariadb', 'postgresql'];

describeOn(
  process.env.MULTIFLEXI_TEST_EVERY_MOMENT ? ALL : ['sqlite'],
  'a housekeeper that was frozen',
  (name) => {
    let database: Awaited<ReturnType<typeof migratedDatabase>>;
    let engine: Engine;
    const folder = mkdtempSync(join(tmpdir(), 'multiflexi-frozen-'));
    const tmp = join(folder, 'tmp');
    const left = join(tmp, 'left behind.txt');
    beforeAll(async () => {
      database = await migratedDatabase(name);
      engine = database.engine;
      mkdirSync(tmp);
      writeFileSync(left, 'x');
      const long = new Date(Date.now() - 3 * DAY_MS);
      utimesSync(left, long, long);
      await neglect(engine);
    });
    afterAll(async () => {
      await database.drop();
      rmSync(folder, { recursive: true });
    });

    const releaseAll = () =>
      engine.kysely<Leases>().updateTable('multiflexi_lease').set({ released: true }).execute();

    test.each(FROZEN)('in %s changes nothing when it wakes up', async (duty) => {
      // One that failed may have left its lease.
      await releaseAll();
      const sleeper = new Housekeeping({
        ...{ settings: database.settings, host: 'host-a', directory: folder, timeToLiveMs: TIME_TO_LIVE_MS },
        ...{ duty, told: { MULTIFLEXI_HOUSEKEEPER_LOG_KEEP: String(JOBS), MULTIFLEXI_TMP: tmp } },
        // It has said that it begins, and has changed nothing yet.
        stage: { statement: '^insert into "housekeeping_run"', nth: 1, atCommit: true },
        signal: 'SIGSTOP',
      });
      try {
        expect(await sleeper.next()).toEqual({ said: 'freezes' });
        const before = await dataDigest(engine, TABLES);
        await releaseAll();
        const other = await acquireLease(engine, {
          name: 'housekeeper',
          program: 'another',
          waitMs: 0,
          timeToLiveMs: TIME_TO_LIVE_MS,
        });
        sleeper.child.kill('SIGCONT');
        expect(await sleeper.next()).toMatchObject({ said: 'refused', code: 'LEASE_LOST' });
        expect(await sleeper.end).toBe(6);
        expect(await dataDigest(engine, TABLES)).toBe(before);
        expect([existsSync(left), await oldRuns(engine)]).toEqual([true, 1]);
        await other.release();
      } finally {
        await sleeper.kill();
      }
    });
  },
);

async function oldRuns(engine: Engine): Promise<number> {
  const runs = await engine
    .kysely<Database>()
    .selectFrom('housekeeping_run')
    .select('id')
    .where('started_at', '<', utc(Date.now() - 450 * DAY_MS))
    .execute();
  return runs.length;
}

interface Leases {
  multiflexi_lease: { released: boolean };
}

/** Something to do for each of them. */
async function neglect(engine: Engine): Promise<void> {
  const db = engine.kysely<Database>();
  const long = utc(Date.now() - 3 * DAY_MS);
  await makeCompany(engine);
  await engine.bulkLoad({
    table: 'job',
    columns: ['id', 'run_template_id', 'app_id', 'company_id', 'status', 'DatCreate', 'begin'],
    rows: Array.from({ length: JOBS }, (_, n) => [
      ...[BigInt(n + 1), 1n, 1n, 1n, n === 0 ? 'running' : 'ok'],
      ...[utc(Date.now() - (n < 100 && n > 0 ? 100 : 4) * DAY_MS), long],
    ]),
  });
  await engine.bulkLoad({
    table: 'logger',
    columns: ['message', 'severity', 'created_at'],
    rows: Array.from({ length: 2 * JOBS }, () => ['one of many', 'info', long]),
  });
  const policy = { keep_last_success: false, enabled: true, action: 'delete' } as const;
  await db
    .insertInto('retention_policy')
    .values([{ ...policy, subject: 'job', max_age_days: 60 }])
    .execute();
  await db.insertInto('user').values({ login: 'one' }).execute();
  const user = await db.selectFrom('user').select('id').executeTakeFirstOrThrow();
  await db.insertInto('token').values({ user_id: user.id, token: 'over', until: long }).execute();
  await db
    .updateTable('run_template')
    .set({ active: true, interv: 'd', next_schedule: long })
    .where('id', '=', 2n)
    .execute();
  await db
    .insertInto('housekeeping_run')
    .values({
      ...{ duty: 'counters', what: 'cycle', outcome: 'done', host: 'h', pid: 1 },
      ...{ started_at: utc(Date.now() - 500 * DAY_MS), finished_at: utc(Date.now() - 500 * DAY_MS) },
      ...{ expected_rows: 0n, deleted_rows: 0n },
    })
    .execute();
}
