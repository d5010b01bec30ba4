/** Every way in which a cycle can end, as scripts and monitoring see it: the exit status, and a document of its schema. */
import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engine, utc } from '../../src/engines/index.ts';
import { acquireLease } from '../../src/leases/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { cli } from '../harness/cli.ts';
import { describeEngines, freshDatabase, migratedDatabase, testWhere } from '../harness/engines.ts';
import { canMount, SmallDisk } from '../harness/small-disk.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/multiflexi-cli.js', import.meta.url));
const HOUR_MS = 3_600_000;

describeEngines('what becomes of a cycle', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
  });
  afterAll(() => database.drop());

  /** With `-f json`, its document is held against the schema. */
  const run = (words: readonly string[], environment: Record<string, string> = {}) =>
    cli(words, { ...database.environment, ...environment });
  const cycle = (environment: Record<string, string> = {}, ...words: readonly string[]) =>
    run(['housekeeper:run', '--once', '-f', 'json', ...words], environment);
  const status = async () => {
    const { exit, stdout } = await run(['housekeeper:status', '-f', 'json']);
    const text = await run(['housekeeper:status']);
    expect(text.exit).toBe(exit);
    const { healthy, problems } = JSON.parse(stdout) as { healthy: boolean; problems: { problem: string }[] };
    expect(healthy).toBe(exit === 0);
    return { exit, problems: problems.map((one) => Object.values(one).slice(0, 2)), text: text.stdout };
  };
  const setState = (duty: string, state: Record<string, unknown>) =>
    engine.kysely<Database>().updateTable('housekeeping_duty').set(state).where('duty', '=', duty).execute();

  test('none has come yet: the status is 1, with what to do', async () => {
    const { exit, text } = await status();
    expect([exit, text]).toEqual([1, expect.stringContaining('housekeeper has never run. Enable its timer')]);
  });

  test('a duty fails: 1 from the cycle and from the status, which names it, until it succeeds', async () => {
    const failing = { MULTIFLEXI_TMP: '/tmp' };
    const failed = await cycle(failing);
    expect([failed.exit, JSON.parse(failed.stdout).failed]).toEqual([1, ['temporary-files']]);
    expect(failed.stderr).not.toContain('    at ');
    const { exit, text } = await status();
    expect([exit, text]).toEqual([
      1,
      expect.stringMatching(/temporary-files fails: .*shared with all other programs/),
    ]);
    // A dry run is no better, and no worse for the history.
    expect((await cycle(failing, '--dry-run')).exit).toBe(1);
    expect((await cycle()).exit).toBe(0);
    expect(await status()).toMatchObject({
      exit: 0,
      problems: [],
      text: expect.stringContaining('All is well.'),
    });
  });

  test('a duty is behind, or no cycle has ended for hours: the status is 1', async () => {
    const long = utc(Date.now() - 30 * HOUR_MS);
    await setState('retention', { outcome: 'time budget', unfinished: 30, succeeded_at: long, backlog: 5n });
    expect(await status()).toMatchObject({
      exit: 1,
      text: expect.stringContaining('retention has run out of time since'),
    });
    expect((await cycle()).exit).toBe(0);
    expect((await status()).exit).toBe(0);
    await setState('cycle', { ended_at: long });
    expect(await status()).toMatchObject({
      exit: 1,
      text: expect.stringContaining('No cycle has ended since'),
    });
    expect((await cycle()).exit).toBe(0);
  });

  test('another one is at work: 6, and the document of a failure', async () => {
    const lease = await acquireLease(engine, {
      name: 'housekeeper',
      program: 'other',
      waitMs: 0,
      timeToLiveMs: 60_000,
    });
    const { exit, stdout } = await cycle();
    await lease.release();
    expect([exit, JSON.parse(stdout).error]).toEqual([6, expect.objectContaining({ code: 'LOCKED' })]);
  });

  test('it has next to no time: 0, and what was not reached is told and done by the next one', async () => {
    const { exit, stdout } = await cycle({}, '--time-budget', '1s');
    expect([exit, JSON.parse(stdout).failed]).toEqual([0, []]);
    expect((await cycle()).exit).toBe(0);
  });

  test('a closed window, duties named twice and quotes in settings: as they were meant, or 64', async () => {
    const hour = new Date().getHours();
    const { stdout, exit } = await cycle({
      MULTIFLEXI_HOUSEKEEPER_WINDOW: `${(hour + 2) % 24}-${(hour + 3) % 24}`,
      MULTIFLEXI_HOUSEKEEPER_SKIP_DUTIES: 'space,credentials, space',
    });
    const skipped = (JSON.parse(stdout).duties as { duty: string; skipped_because: string | null }[]).filter(
      (one) => one.skipped_because !== null,
    );
    expect(exit).toBe(0);
    expect(skipped.map(({ duty, skipped_because: why }) => `${duty}: ${why}`)).toEqual(
      expect.arrayContaining([
        'space: settings',
        'credentials: settings',
        'retention: window',
        'orphans: window',
      ]),
    );
    const quoted = await cycle({ MULTIFLEXI_HOUSEKEEPER_LOG_KEEP: '"500"' });
    expect([quoted.exit, JSON.parse(quoted.stdout).error.message]).toEqual([
      64,
      expect.stringMatching(/MULTIFLEXI_HOUSEKEEPER_LOG_KEEP must be a whole number/),
    ]);
  });

  test('the database is not migrated: it is told so, and nothing is made in it', async () => {
    const empty = await freshDatabase(name);
    const made = await empty.open('create');
    for (const words of [
      ['housekeeper:run', '--once'],
      ['housekeeper:run', '--once', '--dry-run'],
      ['housekeeper:status'],
      ['housekeeper:history'],
    ]) {
      const { exit, stderr } = await cli(words, empty.environment);
      expect([words, exit, stderr]).toEqual([words, 5, expect.stringContaining('db:migrate')]);
    }
    expect([...(await made.tableNames())]).toEqual([]);
    await made.close();
    await empty.drop();
  });

  test('a newer program has migrated the database: what this one knows is still there, and kept in order', async () => {
    const db = engine.kysely<{ multiflexi_migration: Record<string, unknown> }>();
    const newest = await db
      .selectFrom('multiflexi_migration')
      .selectAll()
      .orderBy('version', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow();
    const version = typeof newest.version === 'bigint' ? 29991231235959n : '29991231235959';
    await db
      .insertInto('multiflexi_migration')
      .values({ ...newest, version })
      .execute();
    const { exit, stdout } = await cycle();
    await db.deleteFrom('multiflexi_migration').where('version', '=', version).execute();
    expect([exit, JSON.parse(stdout).failed]).toEqual([0, []]);
  });

  /** As {@link cycle}, where the disk is seen. */
  async function cycleOn(disk: SmallDisk, ...words: readonly string[]) {
    const command = `"$NODE" "$PROGRAM" housekeeper:run --once -f json ${words.join(' ')} 2>/dev/null`;
    const { status: exit, said } = await disk.run(command);
    return {
      exit,
      document: JSON.parse(said) as { failed: string[]; duties: { rows: number; error: unknown }[] },
    };
  }
  const onDisk = () => ({ ...database.environment, NODE: process.execPath, PROGRAM, HOME: tmpdir() });

  async function jobsToArchive(): Promise<void> {
    await run(['sample:load', '--jobs', '400', '--days', '100', '--force']);
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
  }

  async function rowsOfJobs(): Promise<number> {
    const db = engine.kysely<Database>();
    const all = sql<bigint>`count(*)`.as('n');
    const counts = [
      db.selectFrom('job').select(all),
      db.selectFrom('artifacts').select(all),
      db.selectFrom('logger').select(all).where('job_id', 'is not', null),
    ];
    let rows = 0;
    for (const query of counts) rows += Number((await query.executeTakeFirstOrThrow()).n);
    return rows;
  }

  test.runIf(canMount())(
    'the disk of the archives is full: nothing is lost, and the next one with room finishes',
    {
      timeout: 120_000,
    },
    async () => {
      await jobsToArchive();
      const path = mkdtempSync(join(tmpdir(), 'multiflexi-full-'));
      const disk = await SmallDisk.mount(path, '48k', onDisk());
      try {
        const before = await rowsOfJobs();
        const full = await cycleOn(disk, '--only retention --archive "$DISK"');
        expect([full.exit, full.document.duties[0]?.error]).toEqual([
          1,
          expect.objectContaining({
            code: 'FILE_FAILED',
            message: expect.stringContaining('the disk is full'),
          }),
        ]);
        await disk.enlarge('64m');
        const done = await cycleOn(disk, '--only retention --archive "$DISK"');
        expect([done.exit, done.document.failed]).toEqual([0, []]);
        expect(done.document.duties[0]?.rows).toBeGreaterThan(100);
        // Whatever is not in the database any more is in an archive, whole.
        const { said } = await disk.run('"$NODE" "$PROGRAM" archive:verify --archive "$DISK" -f json');
        const { archives } = JSON.parse(said) as { archives: { rows: number; faults: unknown[] }[] };
        expect(archives.flatMap(({ faults }) => faults)).toEqual([]);
        expect(archives.reduce((sum, { rows }) => sum + rows, 0)).toBe(before - (await rowsOfJobs()));
      } finally {
        await disk.unmount();
        rmSync(path, { recursive: true });
      }
    },
  );

  testWhere(name === 'sqlite' && canMount())(
    'the disk of the database itself is full: it fails clearly, the file is whole, and the next one with room is fine',
    { timeout: 120_000 },
    async () => {
      await jobsToArchive();
      await engine.kysely<Database>().updateTable('retention_policy').set({ action: 'delete' }).execute();
      const path = mkdtempSync(join(tmpdir(), 'multiflexi-full-'));
      const copy = join(path, 'copy.sqlite');
      await sql`vacuum into ${copy}`.execute(engine.kysely<unknown>());
      const inner = join(path, 'disk');
      mkdirSync(inner);
      const size = Math.ceil(statSync(copy).size / 1024) + 64;
      const disk = await SmallDisk.mount(inner, `${size}k`, {
        ...onDisk(),
        COPY: copy,
        DB_DATABASE: join(inner, 'a.sqlite'),
      });
      try {
        expect((await disk.run('cp "$COPY" "$DISK/a.sqlite"')).status).toBe(0);
        const { status: exit, said } = await disk.run(
          '"$NODE" "$PROGRAM" housekeeper:run --once -f json 2>&1',
        );
        expect(exit).not.toBe(0);
        expect(said).toMatch(/disk is full|no space left|database or disk is full/i);
        expect(said).not.toContain('    at ');
        await disk.enlarge('64m');
        const done = await cycleOn(disk);
        expect([done.exit, done.document.failed]).toEqual([0, []]);
        expect(done.document.duties.reduce((sum, { rows }) => sum + rows, 0)).toBeGreaterThan(100);
      } finally {
        await disk.unmount();
        rmSync(path, { recursive: true });
      }
    },
  );
});
