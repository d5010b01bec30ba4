/** Rows without a parent: found on every foreign key, archived before they are deleted, and never touched in doubt. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  applyArchiveRestore,
  findArchive,
  planArchiveRestore,
  verifyArchive,
} from '../../src/cleanup/index.ts';
import { progressQuery, rowsQuery } from '../../src/cleanup/orphans/find-orphans.ts';
import { type Engine, utc } from '../../src/engines/index.ts';
import { MIGRATIONS, modelOf } from '../../src/migrations/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { orphans } from '../../src/tasks/duties/orphans.ts';
import { dataDigest } from '../harness/digests.ts';
import { DAY, dutyContext, HOUR_MS, planAndRun, statementsOf } from '../harness/duty.ts';
import { describeEngines, migratedDatabase, testWhere } from '../harness/engines.ts';
import { expectIndex } from '../harness/explained.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { withoutForeignKeys } from '../harness/orphaned.ts';

/** Half a year after the history of the tests. */
const NOW = Date.UTC(2026, 6, 1);
const OLD = utc(NOW - 2 * DAY);
const MISSING = 999n;

describeEngines('orphans', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  let directory: string;
  beforeEach(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    directory = mkdtempSync(join(tmpdir(), 'multiflexi-orphans-'));
    await makeCompany(engine);
  });
  afterEach(async () => {
    await database.drop();
    rmSync(directory, { recursive: true });
  });

  const db = () => engine.kysely<Database>();
  const context = (otherwise: Parameters<typeof dutyContext>[1] = {}) =>
    dutyContext(engine, { now: NOW, ...otherwise });
  const archiving = () => context({ archive: { directory } });
  const count = async (table: string) =>
    Number(
      (await sql<{ n: bigint }>`select count(*) as n from ${sql.table(table)}`.execute(db())).rows[0]?.n,
    );
  const makeJobs = (jobs: number) =>
    makeHistory(
      engine,
      Array.from({ length: jobs }, (_, n) => ({
        id: BigInt(n + 1),
        status: 'ok' as const,
        minute: n,
        artifacts: 2,
        logs: 3,
      })),
      [],
    );
  const loseJobs = (...ids: readonly bigint[]) =>
    withoutForeignKeys(engine, (bare) => bare.deleteFrom('job').where('id', 'in', ids).execute());

  test('of a job that is gone are archived and deleted, and the others are kept', async () => {
    await makeJobs(10);
    await loseJobs(3n, 4n, 10n);
    const { plan, result } = await planAndRun(orphans, archiving());
    expect(plan.steps).toEqual([
      { action: 'delete', what: 'log entry', count: 9, detail: 'its job does not exist; archived first' },
      { action: 'delete', what: 'artifact', count: 6, detail: 'its job does not exist; archived first' },
    ]);
    expect([await count('artifacts'), await count('logger'), await count('job')]).toEqual([14, 21, 7]);
    const archive = readdirSync(directory).find((one) => /^\d/.test(one)) ?? '';
    expect(result.note).toContain(archive);
    expect(await verifyArchive(findArchive(directory, archive))).toMatchObject({ faults: [], rows: 15 });
    expect((await planAndRun(orphans, archiving())).plan.steps).toEqual([]);
  });

  test('that were deleted come back from their archive, once their job is there', async () => {
    await makeJobs(3);
    const before = await dataDigest(engine, ['artifacts', 'logger']);
    const job = await db().selectFrom('job').selectAll().where('id', '=', 2n).executeTakeFirstOrThrow();
    await loseJobs(2n);
    await planAndRun(orphans, archiving());
    const place = findArchive(directory, readdirSync(directory).find((one) => /^\d/.test(one)) ?? '');
    const restore = async () => applyArchiveRestore(engine, await planArchiveRestore(engine, place, null));
    const restored = (tables: Awaited<ReturnType<typeof restore>>) =>
      tables.map(({ table, restored: rows, conflicts }) => [table, rows, conflicts]);
    expect(restored(await restore())).toEqual([
      ['job', 0, 0],
      ['artifacts', 0, 2],
      ['logger', 0, 3],
    ]);
    await sql`insert into job (id, app_id, company_id, status) ${engine.keepingIds}
      values (${job.id}, ${job.app_id}, ${job.company_id}, 'ok')`.execute(db());
    expect(restored(await restore())).toEqual([
      ['job', 0, 0],
      ['artifacts', 2, 0],
      ['logger', 3, 0],
    ]);
    expect(await dataDigest(engine, ['artifacts', 'logger'])).toBe(before);
  });

  test('that another session has locked are left for the next run once the time is up', async () => {
    await makeJobs(3);
    await loseJobs(2n);
    const other = await database.open();
    const plan = await orphans.plan({ ...archiving(), timeBudgetMs: 700 });
    const theirs = await other.kysely<Database>().startTransaction().execute();
    await theirs.updateTable('artifacts').set({ note: 'x' }).where('job_id', '=', 2n).execute();
    const result = await plan.run();
    await theirs.rollback().execute();
    await other.close();
    expect(result.stopped).toBe('time budget');
    expect(await count('artifacts')).toBe(6);
    const next = await planAndRun(orphans, { ...archiving(), position: result.position });
    expect(next.plan.steps.at(-1)).toMatchObject({ action: 'delete', what: 'artifact', count: 2 });
    expect(await count('artifacts')).toBe(4);
    for (const archive of readdirSync(directory).filter((one) => /^\d/.test(one)))
      expect(await verifyArchive(findArchive(directory, archive))).toMatchObject({
        faults: [],
        unsettled: false,
      });
  });

  test('are not touched by one who has lost the lease', async () => {
    await makeJobs(3);
    await db().insertInto('user').values({ id: 1n, login: 'x' }).execute();
    await withoutForeignKeys(engine, (bare) =>
      bare.updateTable('job').set({ launched_by: MISSING }).execute(),
    );
    await loseJobs(2n);
    const lost = new Error('the lease is lost');
    const fence = { hold: () => Promise.reject(lost), signal: new AbortController().signal };
    const tables = ['job', 'artifacts', 'logger'];
    const before = await dataDigest(engine, tables);
    for (const keepsLaunched of [true, false]) {
      if (!keepsLaunched)
        await withoutForeignKeys(engine, (bare) =>
          bare.updateTable('job').set({ launched_by: null }).execute(),
        );
      const digest = keepsLaunched ? before : await dataDigest(engine, tables);
      const plan = await orphans.plan({ ...archiving(), fence });
      expect(plan.steps[0]?.action).toBe(keepsLaunched ? 'correct' : 'delete');
      await expect(plan.run()).rejects.toBe(lost);
      expect(await dataDigest(engine, tables)).toBe(digest);
    }
  });

  test('are only reported where they cannot be archived, with what to set', async () => {
    await makeJobs(3);
    await loseJobs(2n);
    const { plan } = await planAndRun(orphans, context());
    expect(plan.steps).toMatchObject([
      { action: 'report', what: 'log entry', count: 3, detail: expect.stringContaining('id 4, 5, 6') },
      { action: 'report', what: 'artifact', count: 2 },
    ]);
    expect(plan.note).toMatch(/ARCHIVE_DIR/);
    expect(await count('artifacts')).toBe(6);
  });

  test('whose parent has come back since they were found are kept', async () => {
    await makeJobs(3);
    const job = await db().selectFrom('job').selectAll().where('id', '=', 2n).executeTakeFirstOrThrow();
    await loseJobs(2n, 3n);
    const plan = await orphans.plan(archiving());
    await sql`insert into job (id, app_id, company_id, status) ${engine.keepingIds}
      values (${job.id}, ${job.app_id}, ${job.company_id}, 'ok')`.execute(db());
    const result = await plan.run();
    expect(result.steps).toMatchObject([{ count: 3 }, { count: 2 }]);
    const left = await db().selectFrom('artifacts').select('job_id').distinct().orderBy('job_id').execute();
    expect(left.map(({ job_id }) => job_id)).toEqual([1n, 2n]);
  });

  testWhere(name !== 'postgresql')(
    'one that could not be restored is kept and named, and keeps none of the others',
    async () => {
      await makeJobs(10);
      await loseJobs(3n, 4n, 10n);
      const entries = await db().selectFrom('logger').select('id').where('job_id', '=', 4n).execute();
      const [first, second] = entries.map(({ id }) => id);
      // PostgreSQL keeps no date that is none.
      await db()
        .connection()
        .execute(async (session) => {
          if (name !== 'sqlite') await sql`set session sql_mode = ''`.execute(session);
          await sql`update logger set created_at = '0000-01-01 00:00:00.000000' where id in (${first}, ${second})`.execute(
            session,
          );
          if (name !== 'sqlite') await sql`set session sql_mode = 'STRICT_ALL_TABLES'`.execute(session);
        });
      const plan = await orphans.plan(archiving());
      const { steps, note } = await plan.run();
      expect(steps.map(({ what, count: rows }) => [what, rows])).toEqual([
        ['log entry', 7],
        ['artifact', 6],
      ]);
      expect(note).toMatch(
        new RegExp(
          `^The row of logger with id ${first} could not be restored: .* It was kept, as was one more\\. Archived`,
        ),
      );
      const left = await db().selectFrom('logger').select('id').where('job_id', '=', 4n).execute();
      expect(left.map(({ id }) => id)).toEqual([first, second]);
    },
  );

  test('that somebody holds are kept, though their job is gone', async () => {
    await makeJobs(3);
    await db()
      .insertInto('retention_hold')
      .values({ job_id: 2n, reason: 'court', created_at: utc(NOW) })
      .execute();
    await loseJobs(2n, 3n);
    await planAndRun(orphans, archiving());
    const left = await db().selectFrom('artifacts').select('job_id').distinct().orderBy('job_id').execute();
    expect(left.map(({ job_id }) => job_id)).toEqual([1n, 2n]);
    expect(await count('logger')).toBe(6);
  });

  test('younger than a day are left alone', async () => {
    await makeJobs(2);
    await db()
      .updateTable('artifacts')
      .set({ created_at: utc(NOW - HOUR_MS) })
      .where('job_id', '=', 2n)
      .execute();
    await loseJobs(2n);
    const { plan } = await planAndRun(orphans, archiving());
    expect(plan.steps).toMatchObject([{ what: 'log entry', count: 3 }]);
  });

  test('without an age are left alone until they have been seen for a day', async () => {
    await withoutForeignKeys(engine, (bare) =>
      bare.insertInto('company_env').values({ company_id: MISSING, keyword: 'A' }).execute(),
    );
    const first = await planAndRun(orphans, archiving());
    expect(first.plan.steps).toEqual([]);
    const { position } = first.plan;
    const soon = await planAndRun(orphans, { ...archiving(), now: NOW + HOUR_MS, position });
    expect(soon.plan.steps).toEqual([]);
    const later = await planAndRun(orphans, { ...archiving(), now: NOW + DAY, position: soon.plan.position });
    expect(later.plan.steps).toMatchObject([{ action: 'report', what: 'row of company_env', count: 1 }]);
    expect(later.plan.note).toMatch(/Archives do not take rows of company_env/);
    expect(await count('company_env')).toBe(1);
  });

  test('are found on every foreign key of the schema', async () => {
    const keys = [...modelOf(MIGRATIONS).values()].flatMap((table) =>
      table.columns.flatMap((column) =>
        column.references ? [{ ...column.references, table: table.name, column: column.name }] : [],
      ),
    );
    await engine.catchUpIdentity('run_template');
    await withoutForeignKeys(engine, async (bare) => {
      const rows: Record<string, Record<string, unknown>> = {
        app_to_company: { app_id: 1n, company_id: 1n, DatCreate: OLD },
        run_template: { app_id: 1n, company_id: 1n, name: 'x', DatCreate: OLD },
        config_registry: { run_template_id: 1n, app_id: 1n, company_id: 1n },
        logger: { message: 'x', created_at: OLD },
        token: { start: OLD },
        company_env: {},
        job: { app_id: 1n, company_id: 1n, status: 'ok', DatCreate: OLD },
        credential_type: { company_id: 1n, name: 'x', created_at: OLD },
        artifacts: { filename: 'x', created_at: OLD },
        retention_policy: { subject: 'job', created_at: OLD },
        retention_hold: { reason: 'x', created_at: OLD },
      };
      for (const [n, { table, column }] of keys.entries()) {
        const row: Record<string, unknown> = { ...rows[table], [column]: MISSING + BigInt(n) };
        if (table === 'token') row.token = `hash ${n}`;
        if (table === 'company_env' || table === 'config_registry')
          row[table === 'company_env' ? 'keyword' : 'name'] = `k${n}`;
        if (table === 'credential_type') row.uuid = `0d3c5d4e-0000-4000-8000-0000000000${10 + n}`;
        await bare
          .insertInto(table as 'logger')
          .values(row as never)
          .execute();
      }
    });
    const first = await orphans.plan(archiving());
    const { plan } = await planAndRun(orphans, { ...archiving(), now: NOW + DAY, position: first.position });
    const told = plan.steps.map(({ action, what, detail }) => `${action} ${what}: ${detail}`);
    expect(told).toHaveLength(keys.length);
    const actions = plan.steps.map(({ action }) => action);
    expect(actions.filter((action) => action === 'correct')).toHaveLength(
      keys.filter(({ onDelete }) => onDelete === 'set null').length,
    );
    expect(actions.filter((action) => action === 'delete')).toHaveLength(2);
    expect(await db().selectFrom('job').select('id').where('launched_by', 'is not', null).execute()).toEqual(
      [],
    );
    // What is kept is told again, and nothing else.
    const again = await orphans.plan({ ...archiving(), now: NOW + DAY, position: plan.position });
    expect(new Set(again.steps.map(({ action }) => action))).toEqual(new Set(['report']));
  });

  test('among rows of others that depend on them are only reported', async () => {
    await makeJobs(2);
    const type = { sqlite: 'bigint', mysql: 'bigint', mariadb: 'bigint', postgresql: 'bigint' }[name];
    await sql
      .raw(
        `create table theirs (id ${type} primary key, artifact ${type}, foreign key (artifact) references artifacts (id) on delete cascade)`,
      )
      .execute(db());
    await loseJobs(2n);
    const { plan } = await planAndRun(orphans, archiving());
    expect(plan.steps).toMatchObject([
      { action: 'delete', what: 'log entry' },
      { action: 'report', what: 'artifact', count: 2 },
    ]);
    expect(plan.note).toMatch(/depend on artifacts/);
  });

  test('are looked for a portion at a time, from where the last look has ended', async () => {
    await makeJobs(2_600);
    await loseJobs(2_600n);
    const first = await planAndRun(orphans, archiving());
    expect(first.plan.steps).toEqual([]);
    expect(first.plan.position).toMatchObject({
      from: { 'artifacts.job_id': '2501', 'logger.job_id': '2501' },
    });
    const second = await planAndRun(orphans, { ...archiving(), position: first.plan.position });
    expect(second.plan.steps).toMatchObject([{ count: 3 }, { count: 2 }]);
    // Then from the beginning.
    expect(second.result.position).toEqual({ from: {}, seen: {} });
  });

  test('more than a run takes are taken by the next ones', async () => {
    await makeJobs(700);
    await withoutForeignKeys(engine, (bare) => bare.deleteFrom('job').where('id', '>', 5n).execute());
    let position: unknown;
    for (let cycles = 0; cycles < 10 && (await count('logger')) > 15; cycles++)
      ({ position } = (await planAndRun(orphans, { ...archiving(), position })).result);
    expect([await count('artifacts'), await count('logger')]).toEqual([10, 15]);
  });

  test('with a position of nonsense are looked for from the beginning', async () => {
    await makeJobs(2);
    await loseJobs(2n);
    for (const position of ['x', { from: { 'logger.job_id': 'x' } }, { from: 7, seen: null }, []])
      expect((await orphans.plan({ ...archiving(), position })).steps).toHaveLength(2);
  });

  test('are asked for by one statement, through the indexes of the children and the keys of the parents', async () => {
    await makeJobs(3_000);
    for (const table of ['job', 'artifacts', 'logger']) await engine.analyze(table);
    if (name === 'postgresql') await sql`vacuum job, artifacts, logger`.execute(db());
    const { plan, statements } = await statementsOf(database, orphans, { now: NOW });
    expect(plan.steps).toEqual([]);
    expect(statements).toHaveLength(1);
    const key = {
      table: 'artifacts',
      column: 'job_id',
      target: 'job',
      onDelete: 'cascade',
      madeAt: 'created_at',
    } as const;
    const portion = { key, from: 1n, most: 2_500 };
    await expectIndex(engine, progressQuery(engine, [portion]), /ix_artifacts_job_id/);
    await expectIndex(
      engine,
      progressQuery(engine, [
        { ...portion, key: { ...key, table: 'logger', column: 'company_id', target: 'job' } },
      ]),
      /ix_logger_company_id/,
    );
    await expectIndex(engine, rowsQuery(key, [5n, 6n, 7n], NOW), /ix_artifacts_job_id/);
  });
});
