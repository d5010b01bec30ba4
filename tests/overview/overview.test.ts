/** One screen: a new installation is all green, what is wrong is said with the next step, and what was accepted stays so until it is worse. */
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Engine, openEngine, utc } from '../../src/engines/index.ts';
import { dismissFinding, overview, type Surroundings } from '../../src/overview/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { recordExport } from '../../src/tasks/history/exports.ts';
import { undismiss } from '../../src/tasks/index.ts';
import { describeEngines, freshDatabase, migratedDatabase } from '../harness/engines.ts';
import { DEFAULT_SETTINGS } from '../harness/housekeeper-settings.ts';

const DAY_MS = 86_400_000;
/** Statements of one look, on the engine that takes the most of them. */
const MOST_QUESTIONS = 32;

function surroundings(change: Partial<Surroundings> = {}): Surroundings {
  return {
    housekeeper: DEFAULT_SETTINGS,
    exportMaxAgeDays: 7,
    archives: undefined,
    settingsFile: undefined,
    now: Date.now(),
    ...change,
  };
}

describeEngines('the overview', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    const db = engine.kysely<Database>();
    await db.deleteFrom('dismissed_finding').execute();
    await db.deleteFrom('housekeeping_duty').execute();
  });
  const context = () => ({ engine, program: 'test' });
  const look = (change: Partial<Surroundings> = {}) => overview(context(), surroundings(change));
  const faults = async (change: Partial<Surroundings> = {}) =>
    (await look(change)).findings
      .filter(({ level, dismissed }) => (level === 'warn' || level === 'fail') && dismissed === null)
      .map(({ id, level }) => [id, level]);

  /** A duty as its last run left it. */
  async function dutyEnded(change: {
    outcome: 'done' | 'failed';
    endedAt?: number;
    failures?: number;
    duty?: string;
  }) {
    const { outcome, endedAt = Date.now(), failures = 0, duty = 'cycle' } = change;
    await engine
      .kysely<Database>()
      .insertInto('housekeeping_duty')
      .values({
        duty,
        ended_at: utc(endedAt),
        succeeded_at: outcome === 'done' ? utc(endedAt) : null,
        outcome,
        failures,
        milliseconds: 5n,
        error: outcome === 'failed' ? 'no such thing' : null,
      })
      .execute();
  }

  test('of a new installation is all green', async () => {
    const { findings, isWell } = await look();
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
    expect(isWell).toBe(true);
    expect(findings[0]?.sentence).toContain(engine.product);
  });

  test('of a database that lacks migrations says so, and no more', async () => {
    const empty = await freshDatabase(name);
    const other = await empty.open('create');
    const { findings, isWell } = await overview({ engine: other, program: 'test' }, surroundings());
    expect(findings.map(({ id, level }) => [id, level])).toEqual([
      ['database', 'ok'],
      ['migrations', 'fail'],
    ]);
    expect([isWell, findings[1]?.next]).toEqual([false, expect.anything()]);
    await other.close();
    await empty.drop();
  });

  test('says what the housekeeper could not do, and when it does not come', async () => {
    await dutyEnded({ outcome: 'done' });
    await dutyEnded({ outcome: 'failed', duty: 'orphans', failures: 3 });
    expect(await faults()).toEqual([['housekeeper.orphans', 'fail']]);
    expect(await faults({ now: Date.now() + 10 * DAY_MS })).toEqual([
      ['housekeeper.overdue', 'fail'],
      ['housekeeper.orphans', 'fail'],
    ]);
    await engine.kysely<Database>().deleteFrom('housekeeping_duty').execute();
    expect(await faults({ now: Date.now() + 2 * DAY_MS })).toEqual([['housekeeper', 'warn']]);
  });

  test('says what is left to be deleted, when it will be gone, and when it only grows', async () => {
    const hour = 3_600_000;
    const begun = Date.now() - 3 * hour;
    /** Cycles an hour apart, each of which deletes a hundred rows of those that it finds due. */
    async function cyclesFinding(...expected: number[]) {
      const db = engine.kysely<Database>();
      await db.deleteFrom('housekeeping_run').execute();
      for (const [n, rows] of expected.entries())
        await db
          .insertInto('housekeeping_run')
          .values({
            ...{ duty: 'retention', what: 'policies', outcome: 'time budget', host: 'h', pid: 1 },
            ...{ started_at: utc(begun + n * hour), finished_at: utc(begun + n * hour + 60_000) },
            ...{ expected_rows: BigInt(rows), deleted_rows: 100n },
          })
          .execute();
      return (await look()).findings.filter(({ id }) => id.startsWith('backlog.'));
    }
    await dutyEnded({ outcome: 'done' });
    await dutyEnded({ outcome: 'done', duty: 'retention' });
    await engine
      .kysely<Database>()
      .updateTable('housekeeping_duty')
      .set({ outcome: 'time budget', backlog: 800n })
      .where('duty', '=', 'retention')
      .execute();
    expect(await cyclesFinding(1_000, 950, 900)).toMatchObject([
      {
        id: 'backlog.retention',
        level: 'ok',
        sentence: expect.stringMatching(/^800 rows .* gone by \d{4}-/),
      },
    ]);
    expect(await cyclesFinding(1_000, 1_050, 1_100)).toMatchObject([
      { id: 'backlog.retention', level: 'warn', measure: 1_000 },
    ]);
    expect(await cyclesFinding(100)).toEqual([]);
    await engine.kysely<Database>().deleteFrom('housekeeping_run').execute();
  });

  test('what was accepted stays so while it comes and goes, and is back when it is worse', async () => {
    const add = (column: string) =>
      sql.raw(`alter table app_to_company add column ${column} int null`).execute(engine.kysely<unknown>());
    const drop = (column: string) =>
      sql.raw(`alter table app_to_company drop column ${column}`).execute(engine.kysely<unknown>());
    await add('extra_a');
    expect(await faults()).toEqual([['drift', 'warn']]);
    const accepted = await dismissFinding(context(), surroundings(), 'drift', 'ours');
    expect(accepted).toMatchObject({ id: 'drift', dismissed: 'ours' });
    expect(await faults()).toEqual([]);
    await drop('extra_a');
    expect(await faults()).toEqual([]);
    await add('extra_a');
    expect(await faults()).toEqual([]);
    await add('extra_b');
    expect(await faults()).toEqual([['drift', 'warn']]);
    await dismissFinding(context(), surroundings(), 'drift', 'both ours');
    expect(await faults()).toEqual([]);
    expect(await undismiss(context(), 'drift')).toBe(true);
    expect(await faults()).toEqual([['drift', 'warn']]);
    await drop('extra_a');
    await drop('extra_b');
    expect(await faults()).toEqual([]);
  });

  test('tells of the last export of all of it, and warns when that is too old', async () => {
    const DAYS_8 = 8 * DAY_MS;
    const found = async (change: Partial<Surroundings> = {}) =>
      (await look(change)).findings.find(({ id }) => id === 'exports');
    expect(await found()).toMatchObject({
      level: 'ok',
      sentence: 'No export of the whole database is recorded.',
    });
    const ended = { startedAt: Date.now(), endedAt: Date.now(), rows: 1_234, bytes: 2_048 };
    await recordExport(engine, { ...ended, isWhole: false, file: null });
    expect(await found()).toMatchObject({ sentence: expect.stringContaining('No export') });
    await recordExport(engine, { ...ended, isWhole: true, file: '/srv/a b\n.rows.zst' });
    expect(await found()).toMatchObject({
      level: 'ok',
      sentence: expect.stringMatching(/to \/srv\/a b\\u\{a\}\.rows\.zst \(1,234 rows, 2 KiB\)/),
    });
    expect(await faults({ now: Date.now() + DAYS_8 })).toContainEqual(['exports', 'warn']);
    expect(await found({ now: Date.now() + DAYS_8, exportMaxAgeDays: 9 })).toMatchObject({ level: 'ok' });
    await engine.kysely<Database>().deleteFrom('housekeeping_run').execute();
  });

  test('asks each thing once, and reads neither the SQL of migrations nor the samples of each table', async () => {
    const asked: string[] = [];
    const heard = await openEngine(database.settings, 'inspect', ({ sql: text }) => asked.push(text));
    const { findings } = await overview({ engine: heard, program: 'test' }, surroundings());
    await heard.close();
    expect(findings.filter(({ level }) => level === 'unknown')).toEqual([]);
    // A page asks this every half a minute: whoever needs one more has a reason.
    expect(asked.length).toBeLessThanOrEqual(MOST_QUESTIONS);
    const about = (what: string) => asked.filter((text) => text.includes(what));
    expect(about('size_sample').filter((text) => /^select/.test(text))).toHaveLength(1);
    expect(about('size_sample').join()).not.toMatch(/ join /);
    expect(about('multiflexi_migration_step').filter((text) => /^select/.test(text))).toEqual([
      expect.stringMatching(/^select .version., .hash. from/),
    ]);
  });

  test('only what is found can be accepted', async () => {
    await expect(dismissFinding(context(), surroundings(), 'drift', 'x')).rejects.toMatchObject({
      code: 'UNKNOWN_TARGET',
    });
  });

  test('what does not answer is unknown, and keeps nobody waiting', async () => {
    const hanging = { ...engine, activity: () => new Promise<never>(() => {}) };
    const began = performance.now();
    const { findings } = await overview({ engine: hanging, program: 'test' }, surroundings(), 500);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(findings.find(({ id }) => id === 'sessions')).toMatchObject({
      level: 'unknown',
      sentence: expect.stringContaining('0.5 s'),
    });
  });
});
