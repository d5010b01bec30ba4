/** A cycle of duties: what one of them does, or fails to do, stops none of the others, and all of it is known afterwards. */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { type CycleRequest, housekeeperStatus, planCycle, runCycle } from '../../src/housekeeper/index.ts';
import { acquireLease, fencedTransaction } from '../../src/leases/index.ts';
import type { Database } from '../../src/schema/index.ts';
import type { HousekeeperSettings } from '../../src/settings/index.ts';
import { type Duty, type DutyName, type DutyResult, type DutyStep, listRuns } from '../../src/tasks/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { DEFAULT_SETTINGS } from '../harness/housekeeper-settings.ts';

const STEP: DutyStep = { action: 'delete', what: 'log entry', count: 3, detail: null };
const DONE: DutyResult = { steps: [STEP], bytes: 10, backlog: 0, stopped: null };

/** One that does what a test says. */
function duty(name: DutyName, run: () => Promise<DutyResult>, more: Partial<Duty> = {}): Duty {
  return {
    name,
    summary: 'is tried',
    deletes: false,
    settings: [],
    plan: async () => ({ steps: [STEP], run }),
    ...more,
  };
}

const idle = (name: DutyName) =>
  duty(name, unreachable, { plan: async () => ({ steps: [], run: unreachable }) });

async function unreachable(): Promise<never> {
  throw new Error('a plan without steps was carried out');
}

describeEngines('a cycle of duties', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    const db = engine.kysely<Database>();
    await db.deleteFrom('housekeeping_run').execute();
    await db.deleteFrom('housekeeping_duty').execute();
    await db.deleteFrom('logger').execute();
  });

  const request = (duties: readonly Duty[], change: Partial<CycleRequest> = {}): CycleRequest => ({
    settings: DEFAULT_SETTINGS,
    duties,
    timeBudgetMs: 60_000,
    archive: null,
    lag: undefined,
    ...change,
  });
  const context = () => ({ engine, program: 'test' });
  const run = (duties: readonly Duty[], change: Partial<CycleRequest> = {}) =>
    runCycle(context(), request(duties, change));
  const runs = async () =>
    (await listRuns({ engine }, 100)).map((one) => [one.duty, one.outcome, one.rows, one.runs]).sort();
  const status = (duties: readonly Duty[], now?: number) =>
    housekeeperStatus(context(), DEFAULT_SETTINGS, duties, now);

  test('one that throws does not keep the others from their work, and makes the cycle fail', async () => {
    const duties = [
      duty('counters', () => Promise.reject(new Error('no such thing'))),
      duty('schedules', unreachable, { plan: () => Promise.reject(new Error('cannot start')) }),
      duty('orphans', async () => DONE),
    ];
    const result = await run(duties);
    expect(result.failed).toEqual(['counters', 'schedules']);
    expect(result.duties.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'done']);
    expect(result.duties[0]?.error).toMatchObject({ code: 'DUTY_FAILED' });
    expect(await runs()).toEqual([
      ['counters', 'failed', 0, 1],
      ['cycle', 'failed', 3, 1],
      ['orphans', 'done', 3, 1],
      ['schedules', 'failed', 0, 1],
    ]);
    await run(duties);
    const { problems, duties: states } = await status(duties);
    expect(problems.map((one) => [one.kind, 'times' in one ? one.times : null])).toEqual([
      ['failing', 2],
      ['failing', 2],
    ]);
    expect(states[0]?.last).toMatchObject({ failures: 2, succeededAt: null });
    expect(states[2]?.last?.succeededAt).toBeGreaterThan(0);
    const log = await engine
      .kysely<Database>()
      .selectFrom('logger')
      .select(['severity', 'venue', 'message'])
      .execute();
    expect(log).toContainEqual({
      severity: 'info',
      venue: 'housekeeper',
      message: 'orphans: deleted 3 log entries.',
    });
    expect(log.filter(({ severity }) => severity === 'error')).toHaveLength(4);
    await run([duty('counters', async () => DONE)]);
    expect((await status(duties)).duties[0]?.last).toMatchObject({ failures: 0, error: null });
  });

  test('names that somebody has chosen to be seen as lines of ours stay within theirs', async () => {
    const hostile = 'a\nError: \u001b[2Jb\u0085\u009b31m\u202ec\u2028d';
    const detail = { ...STEP, detail: hostile };
    const duties = [
      duty('counters', () => Promise.reject(new Error(hostile))),
      duty('orphans', async () => ({ ...DONE, steps: [detail], note: hostile })),
    ];
    const result = await run(duties);
    const db = engine.kysely<Database>();
    const kept = [
      result.duties,
      (await db.selectFrom('logger').selectAll().execute()).map(({ message }) => message),
      await listRuns({ engine }, 10),
      (await status(duties)).duties,
    ];
    const text = JSON.stringify(kept, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    // What JSON has escaped, and what it leaves as it is.
    expect(text).not.toMatch(/\\n|\\u[0-9a-f]{4}|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(text).toContain('a\\\\u{a}Error: \\\\u{1b}[2Jb');
  });

  test('one that hangs is abandoned, and writes nothing when it wakes up', async () => {
    const { promise: woken, resolve: wake } = Promise.withResolvers<void>();
    const late = Promise.withResolvers<unknown>();
    const hanging = duty('counters', unreachable, {
      plan: async (given) => ({
        steps: [STEP],
        run: async () => {
          await woken;
          const write = fencedTransaction<Database, unknown>(engine, given, (db) =>
            db.insertInto('logger').values({ message: 'too late', severity: 'info' }).execute(),
          );
          late.resolve(await write.catch((error: unknown) => error));
          return DONE;
        },
      }),
    });
    const result = await run([hanging, duty('orphans', async () => DONE)], {
      timeBudgetMs: 4_000,
      graceMs: 10,
    });
    expect(result.duties.map(({ outcome }) => outcome)).toEqual(['failed', 'done']);
    expect(result.duties[0]?.error?.message).toContain('did not end within');
    wake();
    expect(await late.promise).toMatchObject({ code: 'DUTY_FAILED' });
    const written = await engine.kysely<Database>().selectFrom('logger').select('message').execute();
    expect(written.map(({ message }) => message)).not.toContain('too late');
  });

  test('runs that find nothing share one row, and count', async () => {
    const duties = [idle('counters'), idle('schedules'), duty('orphans', async () => DONE)];
    for (let n = 0; n < 3; n++) await run(duties.slice(0, 2));
    expect(await runs()).toEqual([
      ['counters', 'done', 0, 3],
      ['cycle', 'done', 0, 3],
      ['schedules', 'done', 0, 3],
    ]);
    await run(duties);
    await run(duties.slice(0, 2));
    expect(await runs()).toEqual([
      ['counters', 'done', 0, 5],
      ['cycle', 'done', 0, 1],
      ['cycle', 'done', 0, 3],
      ['cycle', 'done', 3, 1],
      ['orphans', 'done', 3, 1],
      ['schedules', 'done', 0, 5],
    ]);
    // Retention has deleted the row that was counted on.
    await engine.kysely<Database>().deleteFrom('housekeeping_run').where('duty', '=', 'counters').execute();
    await run(duties.slice(0, 2));
    expect((await runs()).filter(([one]) => one !== 'cycle' && one !== 'orphans')).toEqual([
      ['counters', 'done', 0, 1],
      ['schedules', 'done', 0, 6],
    ]);
  });

  test('one that has walked to the end without a find begins anew, and one that says nothing of its place keeps it', async () => {
    const seen: unknown[] = [];
    const plans = [{ position: { after: 1 } }, {}, { position: undefined }, {}];
    const walker = duty('credentials', unreachable, {
      plan: async ({ position }) => {
        const plan = { steps: [], run: unreachable, ...plans[seen.length] };
        seen.push(position ?? 'the beginning');
        return plan;
      },
    });
    for (const _ of plans) await run([walker]);
    expect(seen).toEqual(['the beginning', { after: 1 }, { after: 1 }, 'the beginning']);
  });

  test('one whose time is up continues where it stopped, and starves nobody', async () => {
    const seen: unknown[] = [];
    const budgets: number[] = [];
    const greedy = duty('retention', unreachable, {
      plan: async ({ position, timeBudgetMs }) => ({
        steps: [STEP],
        run: async () => {
          seen.push(position);
          budgets.push(timeBudgetMs);
          return { ...DONE, position: { after: seen.length }, stopped: 'time budget', backlog: 500 };
        },
      }),
    });
    const duties = [greedy, duty('orphans', async () => DONE)];
    for (let n = 0; n < 3; n++) {
      const result = await run(duties, { timeBudgetMs: 10_000 });
      expect(result.duties.map(({ outcome }) => outcome)).toEqual(['time budget', 'done']);
    }
    expect(seen).toEqual([undefined, { after: 1 }, { after: 2 }]);
    for (const budget of budgets) expect(budget).toBeLessThanOrEqual(5_000);
    const { duties: states, problems } = await status(duties);
    expect(states[0]?.last).toMatchObject({ unfinished: 3, backlog: 500, outcome: 'time budget' });
    expect(problems).toEqual([]);
    const yesterday = `${new Date(Date.now() - 25 * 3_600_000).toISOString().slice(0, 23).replace('T', ' ')}000`;
    await engine
      .kysely<Database>()
      .updateTable('housekeeping_duty')
      .set({ succeeded_at: yesterday })
      .where('duty', '=', 'retention')
      .execute();
    expect((await status(duties)).problems).toMatchObject([{ kind: 'behind', duty: 'retention' }]);
    expect((await run(duties)).behind).toEqual(['retention']);
  });

  test('one whose turn does not come for days, as no cycle begins in its window, is a problem', async () => {
    const now = new Date();
    const minute = now.getHours() * 60 + now.getMinutes();
    const duties = [duty('orphans', async () => DONE, { deletes: true }), duty('counters', async () => DONE)];
    await run(duties);
    const days = `${new Date(Date.now() - 49 * 3_600_000).toISOString().slice(0, 23).replace('T', ' ')}000`;
    await engine
      .kysely<Database>()
      .updateTable('housekeeping_duty')
      .set({ ended_at: days, succeeded_at: days })
      .where('duty', '=', 'orphans')
      .execute();
    const window = { from: (minute + 60) % 1_440, to: (minute + 120) % 1_440 };
    await run(duties, { settings: { ...DEFAULT_SETTINGS, window } });
    expect((await status(duties)).problems).toMatchObject([{ kind: 'left-out', duty: 'orphans' }]);
  });

  test('one that deletes waits for its window, and one that the settings leave out is not run', async () => {
    const now = new Date();
    const minute = now.getHours() * 60 + now.getMinutes();
    const settings = (change: Partial<HousekeeperSettings>) => ({
      settings: { ...DEFAULT_SETTINGS, ...change },
    });
    const closed = { from: (minute + 60) % 1_440, to: (minute + 120) % 1_440 };
    const duties = [duty('orphans', unreachable, { deletes: true }), duty('counters', async () => DONE)];
    const result = await run(duties, settings({ window: closed, skipDuties: ['counters'] }));
    expect(result.duties.map(({ skipped }) => skipped)).toEqual(['window', 'settings']);
    const open = { from: (minute + 1_380) % 1_440, to: (minute + 60) % 1_440 };
    const deleting = [duty('orphans', async () => DONE, { deletes: true })];
    expect((await run(deleting, settings({ window: open }))).duties[0]?.outcome).toBe('done');
    const named = await run([duty('counters', async () => DONE)], {
      ...settings({ skipDuties: ['counters'] }),
      only: ['counters'],
    });
    expect(named.duties[0]?.outcome).toBe('done');
  });

  test('an interrupted cycle leaves out what is still to come', async () => {
    const controller = new AbortController();
    const duties = [
      duty('counters', async () => {
        controller.abort(new Error('enough'));
        return { ...DONE, stopped: 'interrupted' };
      }),
      duty('orphans', unreachable),
    ];
    const result = await runCycle({ ...context(), signal: controller.signal }, request(duties));
    expect(result.duties.map(({ outcome, skipped }) => [outcome, skipped])).toEqual([
      ['interrupted', null],
      ['skipped', 'interrupted'],
    ]);
    expect(result.interrupted).toBe(true);
  });

  test('a second one is refused with the name of the first, and a dry run is not', async () => {
    const lease = await acquireLease(engine, {
      name: 'housekeeper',
      program: 'the first',
      waitMs: 0,
      timeToLiveMs: 60_000,
    });
    try {
      await expect(run([])).rejects.toMatchObject({ code: 'LOCKED', exit: 6, message: /the first/ });
      const planned = await planCycle(context(), request([duty('counters', unreachable)]));
      expect(planned.duties[0]).toMatchObject({ outcome: 'done', steps: [STEP] });
      expect((await status([])).lease).toMatchObject({ held: true, program: 'the first' });
    } finally {
      await lease.release();
    }
    expect(await runs()).toEqual([]);
  });

  test('what was killed in the middle is known to the next cycle as interrupted', async () => {
    const killed = { duty: 'orphans', what: 'housekeeper', expected_rows: 7n, host: 'elsewhere', pid: 1 };
    await engine.kysely<Database>().insertInto('housekeeping_run').values(killed).execute();
    await run([idle('orphans')]);
    expect(await runs()).toEqual([
      ['cycle', 'done', 0, 1],
      ['orphans', 'done', 0, 1],
      ['orphans', 'interrupted', 0, 1],
    ]);
  });

  test('one that has not come for hours is overdue; one that never came is told apart', async () => {
    expect((await status([])).problems).toEqual([{ kind: 'never-ran' }]);
    await run([idle('orphans')]);
    expect((await status([])).problems).toEqual([]);
    expect((await status([], Date.now() + 4 * 3_600_000)).problems).toMatchObject([{ kind: 'overdue' }]);
  });
});
