/** Duties that delete by a purge: just what they say, and a question or two where there is nothing. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { type CompiledQuery, type Kysely, sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findArchive, setPolicy, verifyArchive } from '../../src/cleanup/index.ts';
import { anyOf, questionsOf } from '../../src/cleanup/plan/may-delete.ts';
import { type Engine, utc } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { history } from '../../src/tasks/duties/history.ts';
import { logPruning } from '../../src/tasks/duties/log-pruning.ts';
import { retention } from '../../src/tasks/duties/retention.ts';
import { tokens } from '../../src/tasks/duties/tokens.ts';
import { type AgedRow, agedRows, newestFirst } from '../harness/aged-rows.ts';
import { asking } from '../harness/asked.ts';
import { DAY, dutyContext, HOUR_MS, planAndRun, statementsOf } from '../harness/duty.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { expectIndex } from '../harness/explained.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { tries } from '../harness/tries.ts';

/** The smallest and the largest id, which MySQL and MariaDB read before they have a plan. */
const ENDS = /SEARCH logger|logger_pkey|optimized away|fetched before execution/i;
const BY_AGE = /ix_logger_created_at_id/;
/** Half a year after the history of the tests. */
const NOW = Date.UTC(2026, 6, 1);
const POLICY = {
  company: null,
  template: null,
  maxAgeDays: null,
  keepLast: null,
  keepLastSuccess: false,
  enabled: true,
  note: null,
};

describeEngines('duties that purge', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeEach(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
  });
  afterEach(() => database.drop());

  const db = () => engine.kysely<Database>();
  const idsOf = async (table: 'token' | 'logger' | 'job' | 'housekeeping_run') =>
    (await db().selectFrom(table).select('id').orderBy('id').execute()).map(({ id }) => Number(id));
  const context = (otherwise: Parameters<typeof dutyContext>[1] = {}) =>
    dutyContext(engine, { now: NOW, ...otherwise });

  describe('tokens', () => {
    beforeEach(async () => {
      await db().insertInto('user').values({ id: 1n, login: 'somebody' }).execute();
      const until = [NOW - 30 * DAY, NOW - 25 * HOUR_MS, NOW - 23 * HOUR_MS, NOW + DAY, null];
      await db()
        .insertInto('token')
        .values(
          until.map((end, n) => ({
            id: BigInt(n + 1),
            user_id: 1n,
            token: `hash ${n}`,
            start: utc(NOW - 60 * DAY),
            until: end === null ? null : utc(end),
          })),
        )
        .execute();
    });

    test('are deleted a day after they ended, and those without an end are kept', async () => {
      const { plan } = await planAndRun(tokens, context());
      expect(plan.steps).toEqual([{ action: 'delete', what: 'token', count: 2, detail: null }]);
      expect(await idsOf('token')).toEqual([3, 4, 5]);
      const again = await statementsOf(database, tokens, { now: NOW });
      expect(again.plan.steps).toEqual([]);
      expect(again.statements).toHaveLength(2);
    });

    test('are left to a policy for them, which the note says', async () => {
      await setPolicy(engine, { ...POLICY, subject: 'token', maxAgeDays: 10 });
      const { plan } = await planAndRun(tokens, context());
      expect(plan.steps).toEqual([]);
      expect(plan.note).toMatch(/retention policy/);
      expect(await idsOf('token')).toHaveLength(5);
      await planAndRun(retention, context());
      expect(await idsOf('token')).toEqual([2, 3, 4, 5]);
    });
  });

  describe('the history', () => {
    beforeEach(async () => {
      for (const [n, days] of [401, 399, 50, 1].entries())
        await db()
          .insertInto('housekeeping_run')
          .values({
            id: BigInt(n + 1),
            duty: 'prune',
            what: 'x',
            started_at: utc(NOW - days * DAY),
            outcome: 'done',
            expected_rows: 0n,
            host: 'h',
            pid: 1,
          })
          .execute();
      await engine.catchUpIdentity('housekeeping_run');
    });

    test('of 400 days is kept where nobody has said otherwise', async () => {
      const { plan } = await planAndRun(history, context());
      expect(plan.steps).toEqual([{ action: 'delete', what: 'run of housekeeping', count: 1, detail: null }]);
      expect((await idsOf('housekeeping_run')).slice(0, 3)).toEqual([2, 3, 4]);
      const again = await statementsOf(database, history, { now: NOW });
      expect(again.plan.steps).toEqual([]);
      expect(again.statements).toHaveLength(2);
    });

    test('is kept for as long as a policy says', async () => {
      await setPolicy(engine, { ...POLICY, subject: 'history', maxAgeDays: 40 });
      await planAndRun(history, context());
      expect((await idsOf('housekeeping_run'))[0]).toBe(4);
    });
  });

  describe('the log', () => {
    const general = Array.from({ length: 60 }, (_, n) => n);
    const limits = (logKeep: number, logKeepPerCompany: number | null) => ({
      settings: { ...context().settings, logKeep, logKeepPerCompany },
    });
    beforeEach(() =>
      makeHistory(engine, [{ id: 1n, status: 'running', minute: 0, artifacts: 0, logs: 0 }], general),
    );

    test('is kept to the newest so many of all', async () => {
      const { plan } = await planAndRun(logPruning, context(limits(20, null)));
      expect(plan.steps).toEqual([{ action: 'delete', what: 'log entry', count: 40, detail: null }]);
      expect(await idsOf('logger')).toEqual(general.slice(40).map((n) => n + 1));
      const again = await statementsOf(database, logPruning, limits(20, null));
      expect(again.plan.steps).toEqual([]);
      // Ids that have no gaps say themselves that there are no more.
      expect(again.statements).toHaveLength(1);
    });

    test('is counted once, whether or not there is anything to delete', async () => {
      await db().deleteFrom('logger').where('id', '=', 30n).execute();
      const passing = async (logKeep: number) => {
        const { statements } = await statementsOf(database, logPruning, limits(logKeep, null));
        return statements.filter((statement) => / offset /i.test(statement));
      };
      for (const keep of [59, 58, 40, 10]) {
        const statements = await passing(keep);
        expect(new Set(statements).size).toBe(statements.length);
        expect(statements.length).toBeLessThanOrEqual(2);
        expect(statements.length).toBeGreaterThanOrEqual(1);
      }
    });

    test('is kept to the newest so many whatever ids its entries have, and however often', async () => {
      const everything = async () =>
        (await db().selectFrom('logger').select(['id', 'created_at as at']).execute()).map(({ id, at }) => ({
          id,
          at,
        }));
      await fc.assert(
        fc.asyncProperty(agedRows, fc.nat(20), fc.nat(20), agedRows, async (rows, keep, later, restored) => {
          await db().deleteFrom('logger').execute();
          await add(rows);
          await planAndRun(logPruning, context(limits(keep, null)));
          expect(await everything()).toHaveLength(Math.min(keep, rows.length));
          // Old rows come back from somewhere, with ids that were there before, and the limit is another one.
          const there = new Set((await everything()).map(({ id }) => id));
          await add(restored.filter(({ id }) => !there.has(id)));
          const expected = newestFirst(await everything()).slice(0, later);
          await planAndRun(logPruning, context(limits(later, null)));
          expect(newestFirst(await everything())).toEqual(expected);
        }),
        { numRuns: tries(8) },
      );
    });

    test('of many companies is pruned in few transactions, as is the log of one', async () => {
      const companies = Array.from({ length: 40 }, (_, n) => BigInt(n + 10));
      await engine.bulkLoad({
        table: 'company',
        columns: ['id', 'slug', 'name'],
        rows: companies.map((id) => [id, `company-${id}`, `Company ${id}`]),
      });
      await db().deleteFrom('logger').execute();
      await engine.bulkLoad({
        table: 'logger',
        columns: ['company_id', 'message', 'created_at'],
        rows: companies.flatMap((id) => [1, 2, 3].map((n) => [id, 'said', utc(NOW + n * 60_000)])),
      });
      let transactions = 0;
      const fence = {
        signal: new AbortController().signal,
        hold: async () => {
          transactions++;
        },
      };
      // Of each company the oldest one, all of them together less than what a purge begins with.
      const plan = await logPruning.plan(context({ ...limits(80, null), fence }));
      expect((await plan.run()).steps).toMatchObject([{ count: 40 }]);
      expect(transactions).toBeLessThanOrEqual(3);
    });

    async function add(rows: readonly AgedRow[]): Promise<void> {
      await engine.bulkLoad({
        table: 'logger',
        columns: ['id', 'message', 'created_at'],
        rows: rows.map(({ id, at }) => [id, 'said', at]),
      });
    }

    test('is kept to the newest so many of a company too, whatever the other limit leaves', async () => {
      // Every other entry is of company 1, and the others are of none.
      const { plan } = await planAndRun(logPruning, context(limits(50, 10)));
      expect(plan.steps).toMatchObject([{ count: 5 + 20 }]);
      const rows = await db().selectFrom('logger').select(['id', 'company_id']).orderBy('id').execute();
      expect(rows.filter(({ company_id }) => company_id === 1n).map(({ id }) => Number(id))).toEqual(
        general
          .slice(40)
          .filter((n) => n % 2 === 0)
          .map((n) => n + 1),
      );
      expect(rows.filter(({ company_id }) => company_id === null)).toHaveLength(25);
      const again = await statementsOf(database, logPruning, limits(50, 10));
      expect(again.plan.steps).toEqual([]);
      expect(again.statements.length).toBeLessThanOrEqual(6);
    });

    test('of a company that is held is kept', async () => {
      await db().insertInto('retention_hold').values({ company_id: 1n, reason: 'court' }).execute();
      const { plan } = await planAndRun(logPruning, context(limits(10, null)));
      expect(plan.steps).toMatchObject([{ count: 25 }]);
      const rows = await db().selectFrom('logger').select('id').where('company_id', '=', 1n).execute();
      expect(rows).toHaveLength(30);
    });

    test('is looked at through its indexes alone', async () => {
      await makeHistory(
        engine,
        [],
        Array.from({ length: 20_000 }, (_, n) => n),
      );
      await engine.analyze('logger');
      if (name === 'postgresql') await sql`vacuum logger`.execute(db());
      // From the newest on, from the oldest on, and where all of them are kept.
      for (const [n, isFound] of [
        [5_000, true],
        [19_000, true],
        [19_999, true],
        [20_000, false],
      ] as const) {
        const asked: CompiledQuery[] = [];
        const place = await engine.oldestOfNewest(asking(engine, asked), {
          table: 'logger',
          at: 'created_at',
          n,
        });
        expect(place !== null).toBe(isFound);
        // What it sets for itself holds for what it asks behind it.
        await db()
          .transaction()
          .execute(async (session) => {
            const there = { ...engine, kysely: <Tables>() => session as unknown as Kysely<Tables> };
            for (const query of asked)
              if (query.sql.includes('set_config')) await session.executeQuery(query);
              else await expectIndex(there, { compile: () => query }, query === asked[0] ? ENDS : BY_AGE);
          });
        expect(asked.length > 1).toBe(isFound);
      }
    });
  });

  describe('retention', () => {
    let directory: string;
    beforeEach(async () => {
      directory = mkdtempSync(join(tmpdir(), 'multiflexi-duty-'));
      await makeHistory(
        engine,
        Array.from({ length: 40 }, (_, n) => ({
          id: BigInt(n + 1),
          status: 'ok' as const,
          minute: n,
          artifacts: 1,
          logs: 1,
          // One in four is of the other company.
          template: n % 4 === 3 ? 3n : 1n,
        })),
        [],
      );
    });
    afterEach(() => rmSync(directory, { recursive: true }));

    test('has nothing to do without policies, which takes one statement', async () => {
      const { plan, statements } = await statementsOf(database, retention, { now: NOW });
      expect(plan.steps).toEqual([]);
      expect(statements).toHaveLength(1);
    });

    test('has nothing to do while nothing is old enough, which takes two statements', async () => {
      for (const subject of ['job', 'logger'] as const)
        await setPolicy(engine, { ...POLICY, subject, maxAgeDays: 365 });
      await setPolicy(engine, { ...POLICY, subject: 'job', company: 1n, keepLast: 30 });
      await setPolicy(engine, { ...POLICY, subject: 'job', template: 3n, keepLast: 10 });
      const { plan, statements } = await statementsOf(database, retention, { now: NOW });
      expect(plan.steps).toEqual([]);
      expect(statements).toHaveLength(2);
    });

    test('deletes what the policies no longer keep, and archives what they say', async () => {
      await setPolicy(engine, { ...POLICY, subject: 'job', company: 1n, keepLast: 20, archive: true });
      await setPolicy(engine, { ...POLICY, subject: 'job', company: 2n, keepLast: 8 });
      const { plan, result } = await planAndRun(retention, context({ archive: { directory } }));
      expect(plan.steps).toMatchObject([{ count: 12 }, { count: 12 }, { what: 'job', count: 12 }]);
      const archive = readdirSync(directory).find((one) => /^\d/.test(one)) ?? '';
      expect(result.note).toContain(archive);
      const finding = await verifyArchive(findArchive(directory, archive));
      expect(finding).toMatchObject({ faults: [], rows: 30 });
    });

    test('leaves what it cannot archive, names what to set, and goes on with the others', async () => {
      await setPolicy(engine, { ...POLICY, subject: 'job', company: 1n, keepLast: 20, archive: true });
      // Not those of company 1: the policy for the fewest rows decides.
      await setPolicy(engine, { ...POLICY, subject: 'job', keepLast: 8 });
      const { plan } = await planAndRun(retention, context());
      expect(plan.steps).toMatchObject([{ count: 2 }, { count: 2 }, { what: 'job', count: 2 }]);
      expect(plan.note).toMatch(/30 rows of policies that archive were left.*ARCHIVE_DIR/);
      expect(await db().selectFrom('job').select('id').where('company_id', '=', 1n).execute()).toHaveLength(
        30,
      );
    });

    test('leaves a company out that would lose more than half of its jobs, and says so', async () => {
      await setPolicy(engine, { ...POLICY, subject: 'job', company: 2n, keepLast: 1 });
      const { plan } = await planAndRun(retention, context());
      expect(plan.steps).toEqual([]);
      expect(plan.note).toMatch(/more than 50 %.*9 jobs of other/);
      expect(await idsOf('job')).toHaveLength(40);
    });

    test('asks through indexes alone whether there is anything', async () => {
      await makeHistory(
        engine,
        Array.from({ length: 10_000 }, (_, n) => ({
          id: BigInt(n + 1),
          status: 'ok' as const,
          minute: n,
          artifacts: 0,
          logs: 1,
          template: BigInt((n % 3) + 1),
        })),
        [],
      );
      await db().insertInto('user').values({ id: 1n, login: 'somebody' }).execute();
      const many = Array.from({ length: 10_000 }, (_, n) => n);
      await engine.bulkLoad({
        table: 'token',
        columns: ['id', 'user_id', 'token', 'until'],
        rows: many.map((n) => [BigInt(n + 1), 1n, `hash ${n}`, utc(NOW + n * 60_000)]),
      });
      await engine.bulkLoad({
        table: 'housekeeping_run',
        columns: ['id', 'duty', 'what', 'started_at', 'outcome', 'expected_rows', 'host', 'pid'],
        rows: many.map((n) => [BigInt(n + 1), 'prune', 'x', utc(NOW + n * 60_000), 'done', 0n, 'h', 1n]),
      });
      for (const table of ['job', 'logger', 'token', 'housekeeping_run']) await engine.analyze(table);
      if (name === 'postgresql') await sql`vacuum job, logger, token, housekeeping_run`.execute(db());
      const jobs = { keep: null, keepLastSuccess: false, statuses: [] };
      const aged = { ...jobs, keepPerTemplate: null, olderThan: '2020-01-01 00:00:00.000000' };
      const most = { ...jobs, keepPerTemplate: 5_000, olderThan: null };
      const book = {
        company: null,
        jobs: {
          all: aged,
          byCompany: new Map([[1n, aged]]),
          byTemplate: new Map<bigint, typeof aged | typeof most>([
            [1n, aged],
            [2n, most],
          ]),
        },
        logs: undefined,
        tokensBefore: '2020-01-01 00:00:00.000000',
        historyBefore: '2020-01-01 00:00:00.000000',
      };
      const looks = new Set<string>();
      for (const question of questionsOf(engine, book).asked) {
        const asked = anyOf([question]);
        const [, table = 'job'] =
          /exists \(select 1 from .(token|housekeeping_run)\b/.exec(asked.compile(db()).sql) ?? [];
        looks.add(table);
        await expectIndex(engine, asked, new RegExp(`ix_${table}_|no matching row`, 'i'));
      }
      expect([...looks].sort()).toEqual(['housekeeping_run', 'job', 'token']);
    });
  });
});
