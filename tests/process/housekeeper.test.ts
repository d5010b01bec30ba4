/**
 * The housekeeper as it is started every hour: a dry run that says what a run does, settings that are wrong, another one at
 * work, a signal, a kill in each duty, a server that is down, a full disk under its metrics, and its units.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Engine, utc } from '../../src/engines/index.ts';
import { acquireLease } from '../../src/leases/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { cli, finished, startCli } from '../harness/cli.ts';
import { dataDigest } from '../harness/digests.ts';
import { describeEngines, migratedDatabase, testWhere } from '../harness/engines.ts';
import { canMount, SmallDisk } from '../harness/small-disk.ts';

const DAY_MS = 86_400_000;
const TABLES = [
  'job',
  'artifacts',
  'logger',
  'token',
  'run_template',
  'housekeeping_run',
  'housekeeping_duty',
];

describeEngines('the housekeeper', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  let environment: Record<string, string>;
  const folder = mkdtempSync(join(tmpdir(), 'multiflexi-housekeeper-'));
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    mkdirSync(join(folder, 'tmp'));
    environment = {
      ...database.environment,
      MULTIFLEXI_TMP: join(folder, 'tmp'),
      MULTIFLEXI_HOUSEKEEPER_LOG_KEEP: '900',
    };
    expect((await cli(['sample:load', '--jobs', '400', '--days', '100'], environment)).exit).toBe(0);
    await neglect();
  });
  afterAll(async () => {
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  /** Something to do for each duty that can have any. */
  async function neglect(): Promise<void> {
    const db = engine.kysely<Database>();
    const long = utc(Date.now() - 3 * DAY_MS);
    await db.deleteFrom('retention_policy').execute();
    await db
      .insertInto('retention_policy')
      .values({ subject: 'job', max_age_days: 60, keep_last_success: false, enabled: true, action: 'delete' })
      .execute();
    const user = await db.selectFrom('user').select('id').limit(1).executeTakeFirstOrThrow();
    await db
      .insertInto('token')
      .values({ user_id: user.id, token: `over ${Math.random()}`, until: long })
      .execute();
    const [first, second] = await db
      .selectFrom('job')
      .select('id')
      .where('status', '=', 'ok')
      .orderBy('DatCreate', 'desc')
      .limit(2)
      .execute();
    await db
      .updateTable('job')
      .set({ status: 'running', begin: long, end: null })
      .where('id', 'in', [first?.id ?? 0n, second?.id ?? 0n])
      .execute();
    await db.updateTable('artifacts').set({ created_at: long }).execute();
    await db
      .updateTable('logger')
      .set({ created_at: long })
      .where('job_id', 'in', [first?.id ?? 0n, second?.id ?? 0n])
      .execute();
    // The sample ends now, whatever the time of day: which of its templates wait for a job is not known before.
    const template = await db
      .selectFrom('run_template')
      .innerJoin('company', 'company.id', 'run_template.company_id')
      .select('run_template.id')
      .where('company.enabled', '=', true)
      .where(({ exists, not, selectFrom }) =>
        not(
          exists(
            selectFrom('job')
              .select('job.id')
              .whereRef('job.run_template_id', '=', 'run_template.id')
              .where('job.status', 'in', ['waiting', 'running']),
          ),
        ),
      )
      .orderBy('run_template.id')
      .limit(1)
      .executeTakeFirstOrThrow();
    await db
      .updateTable('run_template')
      .set({ active: true, interv: 'd', next_schedule: long })
      .where('id', '=', template.id)
      .execute();
    const entry = { message: 'one of many', severity: 'info' };
    await db
      .insertInto('logger')
      .values(Array.from({ length: 300 }, () => entry))
      .execute();
    const file = join(folder, 'tmp', 'left behind.txt');
    writeFileSync(file, 'x');
    utimesSync(file, new Date(Date.now() - 3 * DAY_MS), new Date(Date.now() - 3 * DAY_MS));
  }

  const run = (...words: string[]) => cli(['housekeeper:run', '--once', ...words], environment);
  interface Document {
    readonly failed: readonly string[];
    readonly duties: readonly {
      readonly duty: string;
      readonly steps: readonly unknown[];
      readonly outcome: string;
    }[];
  }
  const stepsOf = ({ stdout }: { readonly stdout: string }) =>
    (JSON.parse(stdout) as Document).duties.map(({ duty, steps }) => [duty, steps]);

  test('says in a dry run, line by line, what the next run does, and changes nothing by it', {
    timeout: 120_000,
  }, async () => {
    const before = await dataDigest(engine, TABLES);
    const text = await run('--dry-run');
    expect([text.exit, text.stderr.match(/^Error.*/m)]).toEqual([0, null]);
    for (const line of text.stdout.trim().split('\n')) expect(line).toMatch(/^\[DRY-RUN\] /);
    const planned = await run('--dry-run', '-f', 'json');
    expect(await dataDigest(engine, TABLES)).toBe(before);
    const done = await run('-f', 'json');
    // The server analyzes by itself, and may have been there first.
    const compared = (of: { readonly stdout: string }) =>
      stepsOf(of).filter(([duty]) => duty !== 'statistics' || name === 'sqlite');
    expect([done.exit, compared(done)]).toEqual([0, compared(planned)]);
    const worked = (JSON.parse(done.stdout) as Document).duties.filter(({ steps }) => steps.length > 0);
    expect(worked.map(({ duty }) => duty)).toEqual(
      expect.arrayContaining(['schedules', 'tokens', 'retention', 'log-pruning', 'stale-jobs']),
    );
    // Jobs that were stale are finished now: retention may delete them, and a schedule need not wait for them any more.
    const again = await run('-f', 'json', '--dry-run', '--only', 'tokens,stale-jobs');
    for (const [duty, steps] of stepsOf(again)) expect([duty, steps]).toEqual([duty, []]);
    const status = await cli(['housekeeper:status'], environment);
    expect([status.exit, status.stdout]).toEqual([0, expect.stringContaining('All is well.')]);
    const history = await cli(['housekeeper:history', '-f', 'json'], environment);
    expect(JSON.parse(history.stdout).runs.map((one: { duty: string }) => one.duty)).toContain('cycle');
  });

  test('writes JSON lines for the journal, one for each duty', async () => {
    const { stderr } = await run();
    const lines = stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ duty }) => duty)).toContain('retention');
    expect(lines.at(-1)).toMatchObject({ service: 'multiflexi-housekeeper', failed: [] });
  });

  test('that is killed in any duty leaves nothing that the next one cannot finish', {
    timeout: 900_000,
  }, async () => {
    const duties = JSON.parse((await cli(['housekeeper:duties', '-f', 'json'], environment)).stdout).duties;
    const everyMoment = process.env.MULTIFLEXI_TEST_EVERY_MOMENT !== undefined;
    const every = name === 'sqlite' || everyMoment ? 1 : 4;
    const some = (duties as { duty: string }[]).filter((_, place) => place % every === every - 1);
    // How long each of them has been at work by then.
    const moments = everyMoment ? [0, 10, 30, 90] : [0];
    for (const { duty, moment } of moments.flatMap((ms) => some.map((one) => ({ ...one, moment: ms })))) {
      await neglect();
      await engine.kysely<Database>().deleteFrom('housekeeping_duty').execute();
      const child = startCli(['housekeeper:run', '--once', '-v'], environment);
      const dead = once(child, 'close');
      // Between its first word and its end: whatever statement it has come to by then.
      const before = duties[duties.findIndex((one: { duty: string }) => one.duty === duty) - 1]?.duty;
      let said = '';
      let killer: Promise<void> | undefined;
      child.stderr.setEncoding('utf8').on('data', (part: string) => {
        said += part;
        const isAtWork = before === undefined || said.includes(`"duty":"${before}"`);
        if (isAtWork && killer === undefined)
          killer = sleep(moment).then(() => {
            child.kill('SIGKILL');
          });
      });
      await dead;
      // What is left of its lease is in the way for its time to live; the tests do not wait for it.
      await releaseLease(engine);
      const done = await run('-f', 'json');
      expect([duty, done.exit, JSON.parse(done.stdout).failed]).toEqual([duty, 0, []]);
    }
    const db = engine.kysely<Database>();
    const orphans = await db
      .selectFrom('artifacts')
      .leftJoin('job', 'job.id', 'artifacts.job_id')
      .where('job.id', 'is', null)
      .select('artifacts.id')
      .execute();
    expect(orphans).toEqual([]);
    const running = await db
      .selectFrom('housekeeping_run')
      .select('duty')
      .where('outcome', '=', 'running')
      .execute();
    expect(running).toEqual([]);
    const status = JSON.parse((await cli(['housekeeper:status', '-f', 'json'], environment)).stdout);
    expect([status.healthy, status.problems]).toEqual([true, []]);
  });

  test('refuses to begin beside another one, and says who that is', async () => {
    const lease = await acquireLease(engine, {
      name: 'housekeeper',
      program: 'the other one',
      waitMs: 0,
      timeToLiveMs: 60_000,
    });
    const second = await run();
    await lease.release();
    expect([second.exit, second.stderr]).toEqual([6, expect.stringContaining('the other one')]);
  });

  test('as a daemon ends with 0 within ten seconds of SIGTERM, and lets go of its lease', {
    timeout: 60_000,
  }, async () => {
    const child = startCli(['housekeeper:run', '--daemon'], environment);
    const done = finished(child);
    let said = '';
    await new Promise<void>((resolve) => {
      child.stderr.on('data', (part: Buffer) => {
        said += part;
        if (said.includes('Next cycle:')) resolve();
      });
      child.once('close', () => resolve());
    });
    const sent = performance.now();
    child.kill('SIGTERM');
    const { exit } = await done;
    expect([exit, performance.now() - sent < 10_000]).toEqual([0, true]);
    expect((await run()).exit).toBe(0);
  });

  test('keeps the metrics of the last cycle where there is no room for new ones', {
    timeout: 60_000,
  }, async () => {
    const file = join(folder, 'multiflexi.prom');
    expect((await run('--metrics-file', file)).exit).toBe(0);
    const written = readFileSync(file, 'utf8');
    expect(written).toContain('multiflexi_housekeeper_last_success_timestamp_seconds{duty="retention"}');
    if (!canMount()) return;
    const path = mkdtempSync(join(tmpdir(), 'multiflexi-metrics-'));
    const disk = await SmallDisk.mount(path, '4k', {});
    try {
      await disk.run('head -c 8192 /dev/zero > "$DISK/full"; true');
      const full = join(disk.seen, 'multiflexi.prom');
      const { exit, stderr } = await run('--metrics-file', full);
      expect([exit, stderr]).toEqual([1, expect.stringMatching(/multiflexi\.prom.*(full|used up)/)]);
      expect((await disk.run('ls "$DISK"')).said.trim()).toBe('full');
    } finally {
      await disk.unmount();
      rmSync(path, { recursive: true });
    }
  });

  testWhere(name !== 'sqlite')('waits for a server that is down, and then says so with 4', async () => {
    const done = await cli(['housekeeper:run', '--once', '--wait-for-database', '1'], {
      ...environment,
      DB_PORT: '1',
      DB_HOST: '127.0.0.1',
    });
    expect([done.exit, done.stderr]).toEqual([4, expect.stringContaining('Next:')]);
  });
});

/** As its time to live would do. */
async function releaseLease(engine: Engine): Promise<void> {
  interface Leases {
    multiflexi_lease: { name: string; released: boolean };
  }
  await engine
    .kysely<Leases>()
    .updateTable('multiflexi_lease')
    .set({ released: true })
    .where('name', '=', 'housekeeper')
    .execute();
}

test.each([
  ['MULTIFLEXI_HOUSEKEEPER_LOG_KEEP', '-1'],
  ['MULTIFLEXI_HOUSEKEEPER_WINDOW', 'night'],
  ['MULTIFLEXI_HOUSEKEEPER_SKIP_DUTIES', 'everything'],
  ['MULTIFLEXI_DAEMONIZE', 'perhaps'],
])('%s=%s ends with 64 before anything is opened', async (setting, value) => {
  const done = await cli(['housekeeper:run'], {
    DB_CONNECTION: 'sqlite',
    DB_DATABASE: '/nonexistent/a',
    [setting]: value,
  });
  expect([done.exit, done.stderr]).toEqual([64, expect.stringContaining(setting)]);
});

describe('its units for systemd', () => {
  const { status: analyzes, stdout: version } = spawnSync('systemd-analyze', ['--version'], {
    encoding: 'utf8',
  });
  const verifies = analyzes === 0;
  // It looks at files of units since then.
  const scores = verifies && Number(/^systemd (\d+)/.exec(version)?.[1]) >= 250;

  test.skipIf(!verifies)('are accepted without a warning where the program is installed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'multiflexi-units-'));
    const units = new URL('../../packaging/systemd/', import.meta.url);
    for (const unit of ['multiflexi-housekeeper.service', 'multiflexi-housekeeper.timer']) {
      const text = readFileSync(new URL(unit, units), 'utf8');
      // Neither the program nor its manual page is installed here.
      const here = text
        .replaceAll('/usr/bin/multiflexi-housekeeper', process.execPath)
        .replace(/^Documentation=.*\n/m, '');
      writeFileSync(join(folder, unit), here);
    }
    const { status, stderr } = spawnSync(
      'systemd-analyze',
      [
        'verify',
        join(folder, 'multiflexi-housekeeper.service'),
        join(folder, 'multiflexi-housekeeper.timer'),
      ],
      { encoding: 'utf8' },
    );
    rmSync(folder, { recursive: true });
    expect([status, stderr.split('\n').filter((line) => line.includes('multiflexi'))]).toEqual([0, []]);
  });

  // docs/install.md has the figure.
  test.skipIf(!scores)('leave the service as little as it needs: 1.9 of 10', () => {
    const unit = fileURLToPath(
      new URL('../../packaging/systemd/multiflexi-housekeeper.service', import.meta.url),
    );
    const { stdout } = spawnSync('systemd-analyze', ['security', '--offline=true', unit], {
      encoding: 'utf8',
    });
    expect(stdout).toMatch(/Overall exposure level for multiflexi-housekeeper.service: (?:1\.\d|0\.\d)/);
  });

  test('never start a cycle at boot or when they are enabled, and give it its time', () => {
    const read = (unit: string) =>
      readFileSync(new URL(`../../packaging/systemd/${unit}`, import.meta.url), 'utf8');
    expect(read('multiflexi-housekeeper.service')).not.toMatch(/\[Install\]|MemoryDenyWriteExecute=/);
    expect(read('multiflexi-housekeeper.service')).toMatch(/^TimeoutStartSec=55min$/m);
    expect(read('multiflexi-housekeeper.timer')).not.toMatch(/^Requires=/m);
  });
});
