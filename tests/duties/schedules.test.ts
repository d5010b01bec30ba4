/** Run templates that the scheduler has forgotten are scheduled again, and no others lose their time. */
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { utc } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { schedules } from '../../src/tasks/duties/schedules.ts';
import { untilBlocked } from '../harness/blocked-session.ts';
import { describeEngines, migratedDatabase, testWhere } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { done, HOUR, holding, kept, NOW, onDuty, planned } from '../harness/on-duty.ts';

describeEngines('the schedule', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  const ends: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    database = await migratedDatabase(name);
    await makeCompany(database.engine);
    await db().updateTable('run_template').set({ active: false }).execute();
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    await makeHistory(database.engine, [], []);
    await db().deleteFrom('run_template').where('id', '>', 3n).execute();
    await db().updateTable('company').set({ enabled: true }).execute();
  });

  const db = () => database.engine.kysely<Database>();
  const PAST = utc(NOW - 3 * HOUR);

  interface Made {
    readonly active?: boolean;
    readonly interv?: string;
    readonly next?: string | null;
    readonly company?: bigint;
    readonly job?: string;
  }

  /** The first has the id 11. */
  const make = async (...templates: readonly Made[]): Promise<void> => {
    await database.engine.bulkLoad({
      table: 'run_template',
      columns: ['id', 'app_id', 'company_id', 'name', 'active', 'interv', 'next_schedule'],
      rows: templates.map(({ active = true, interv = 'h', next = PAST, company = 1n }, n) => [
        BigInt(n + 11),
        1n,
        company,
        `Number ${n}`,
        active,
        interv,
        next,
      ]),
    });
    await database.engine.bulkLoad({
      table: 'job',
      columns: ['run_template_id', 'app_id', 'company_id', 'status', 'DatCreate'],
      rows: templates.flatMap(({ job }, n) =>
        job === undefined ? [] : [[BigInt(n + 11), 1n, 1n, job, PAST]],
      ),
    });
  };
  const cleared = async () =>
    (
      await db()
        .selectFrom('run_template')
        .select('id')
        .where('id', '>', 3n)
        .where('next_schedule', 'is', null)
        .orderBy('id')
        .execute()
    ).map(({ id }) => id);

  test('is computed again for what is long past, and for nothing else', async () => {
    await db().updateTable('company').set({ enabled: false }).where('id', '=', 2n).execute();
    await make(
      {},
      { active: false },
      { interv: 'n' },
      { next: utc(NOW - HOUR) },
      { next: utc(NOW + HOUR) },
      { company: 2n },
      { job: 'waiting' },
      { job: 'running' },
      { job: 'failed' },
      { interv: 'c' },
    );
    const result = await done(schedules, onDuty(database.engine));
    expect(result.steps).toMatchObject([{ action: 'correct', what: 'run template', count: 3 }]);
    expect(await cleared()).toEqual([11n, 19n, 20n]);
    expect(result.note).toMatch(/^4 overdue run templates were left alone/);
    expect((await planned(schedules, onDuty(database.engine))).steps).toEqual([]);
  });

  test('is not broken by absurd dates', async () => {
    const extreme = database.engine.capabilities.extremeInstants;
    await make(
      { next: extreme ? '-infinity' : '1000-01-01 00:00:00.000000' },
      { next: extreme ? 'infinity' : '9999-12-31 23:59:59.000000' },
      { next: '9999-12-31 23:59:59.000000' },
      { next: extreme ? '0044-03-15 00:00:00 BC' : '1970-01-01 00:00:01.000000' },
    );
    await done(schedules, onDuty(database.engine));
    expect(await cleared()).toEqual([11n, 14n]);
  });

  testWhere(name === 'mysql' || name === 'mariadb')(
    'is not broken by a date of zeros that another session has written',
    async () => {
      await make({}, {});
      await db()
        .connection()
        .execute(async (session) => {
          await sql`set session sql_mode = ''`.execute(session);
          await sql`update run_template set next_schedule = '0000-00-00 00:00:00' where id > 10`.execute(
            session,
          );
          await sql`set session sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE'`.execute(session);
        });
      const zero = { at: '0000-00-00 00:00:00.000000', id: '11' };
      expect((await done(schedules, onDuty(database.engine, { position: zero }))).steps).toMatchObject([
        { count: 2 },
      ]);
      expect(await cleared()).toEqual([11n, 12n]);
    },
  );

  test('of a run template whose job came since the plan stays', async () => {
    await make({}, {}, {}, {});
    const plan = await schedules.plan(onDuty(database.engine));
    await database.engine.bulkLoad({
      table: 'job',
      columns: ['run_template_id', 'app_id', 'company_id', 'status', 'DatCreate'],
      rows: [[11n, 1n, 1n, 'waiting', utc(NOW)]],
    });
    await db()
      .updateTable('run_template')
      .set({ next_schedule: utc(NOW + HOUR) })
      .where('id', '=', 12n)
      .execute();
    await db().updateTable('run_template').set({ active: false }).where('id', '=', 13n).execute();
    expect((await plan.run()).steps).toMatchObject([{ count: 1 }]);
    expect(await cleared()).toEqual([14n]);
  });

  test.each([
    { at: '2026-99-99 10:00:00.000000', id: '11' },
    { at: '2026-01-01 10:00:00.000000', id: '99999999999999999999999' },
    { at: 'infinity', id: 'x' },
    '11',
    null,
  ])('is looked at from the beginning at a position that is none: %j', async (position) => {
    await make({});
    expect((await done(schedules, onDuty(database.engine, { position }))).steps).toMatchObject([
      { count: 1 },
    ]);
  });

  testWhere(name !== 'sqlite')(
    'is asked again under the lock, and a row that others have locked is passed over',
    async () => {
      await make({}, {});
      const other = await database.open();
      ends.push(() => other.close());
      const end = await holding(other, (held) =>
        (held as unknown as ReturnType<typeof db>)
          .updateTable('run_template')
          .set({ note: 'edited' })
          .where('id', '=', 11n)
          .execute(),
      );
      ends.unshift(end);
      expect((await (await schedules.plan(onDuty(database.engine))).run()).steps).toMatchObject([
        { count: 1 },
      ]);
      expect(await cleared()).toEqual([12n]);
    },
  );

  testWhere(name !== 'sqlite')(
    'stays where the scheduler has set it while the lease was waited for',
    async () => {
      await make({});
      const other = await database.open();
      ends.push(() => other.close());
      const end = await holding(other, (held) =>
        sql`select id from company where id = 1 for update`.execute(held as never),
      );
      const plan = await schedules.plan(
        onDuty(database.engine, {
          fence: {
            hold: async (held) =>
              void (await sql`select id from company where id = 1 for update`.execute(held)),
            signal: new AbortController().signal,
          },
        }),
      );
      const running = plan.run();
      await untilBlocked(database);
      await db()
        .updateTable('run_template')
        .set({ next_schedule: utc(NOW + HOUR) })
        .execute();
      await end();
      expect((await running).steps).toEqual([]);
      expect(await cleared()).toEqual([]);
    },
  );

  test('is left for the next time when the time is up', async () => {
    await make({}, {});
    const plan = await schedules.plan(onDuty(database.engine, { timeBudgetMs: 0 }));
    expect(await plan.run()).toMatchObject({ steps: [], stopped: 'time budget', backlog: 2 });
    const interrupted = await schedules.plan(onDuty(database.engine));
    expect(await interrupted.run()).toMatchObject({ stopped: null, backlog: 0 });
  });

  test('is looked at a page at a time, and goes on where it has stopped', async () => {
    await make(...Array.from({ length: 5_600 }, (): Made => ({ interv: 'n' })), {});
    const first = await done(schedules, onDuty(database.engine));
    expect(first.steps).toEqual([]);
    const plan = await planned(schedules, onDuty(database.engine));
    expect(plan.position).toEqual({ at: PAST, id: '5010' });
    await done(schedules, onDuty(database.engine, { position: kept(plan.position) }));
    expect(await cleared()).toEqual([5_611n]);
  });
});
