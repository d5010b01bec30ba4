/** What the duties ask every hour is answered by an index, on every engine: no scan, no sort, whatever the size of the table. */
import type { Kysely } from 'kysely';
import { afterAll, beforeAll, test } from 'vitest';
import { utc } from '../../src/engines/index.ts';
import {
  entriesAmong,
  entriesBetween,
  entriesOf,
  newestJobs,
  templatesBehind,
} from '../../src/maintenance/counters.ts';
import { credentialsBehind, prototypes } from '../../src/maintenance/credentials.ts';
import { liveJobs } from '../../src/maintenance/live-names.ts';
import { dueTemplates } from '../../src/maintenance/schedules.ts';
import { ofStatus, runningJobs, signsOf, waitingJobs } from '../../src/maintenance/stale-jobs.ts';
import type { Database } from '../../src/schema/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { makeCompany } from '../harness/history.ts';
import { analyze, expectIndex, HOUR, NOW } from '../harness/on-duty.ts';

const KEY = /"(?:key|index_name)": "PRIMARY"|INTEGER PRIMARY KEY|_pkey/;

describeEngines('the duties', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let db: Kysely<Database>;

  beforeAll(async () => {
    database = await migratedDatabase(name);
    db = database.engine.kysely<Database>();
    await makeCompany(database.engine);
    const { engine } = database;
    const many = (length: number) => Array.from({ length }, (_, n) => n);
    // Enough rows of each table that reading them all would be the dearer plan, on statistics that know it.
    await engine.bulkLoad({
      table: 'company',
      columns: ['id', 'slug', 'name'],
      rows: many(1_000).map((n) => [BigInt(n + 10), `company-${n}`, `Company ${n}`]),
    });
    await engine.bulkLoad({
      table: 'run_template',
      columns: ['id', 'app_id', 'company_id', 'name', 'interv', 'active', 'next_schedule'],
      rows: many(6_000).map((n) => [
        BigInt(n + 10),
        1n,
        BigInt((n % 1_000) + 10),
        `Number ${n}`,
        'h',
        n % 10 !== 0,
        utc(NOW + (n - 300) * 60_000),
      ]),
    });
    await engine.bulkLoad({
      table: 'job',
      columns: ['id', 'run_template_id', 'app_id', 'company_id', 'status', 'DatCreate', 'command'],
      rows: many(30_000).map((n) => [
        BigInt(n + 1),
        BigInt((n % 60) + 10),
        1n,
        BigInt((n % 60) + 10),
        n % 100 === 0 ? 'running' : n % 100 === 1 ? 'waiting' : n % 10 === 2 ? 'failed' : 'ok',
        utc(NOW - (30_000 - n) * 60_000),
        'a command with a parameter or two',
      ]),
    });
    for (const table of ['logger', 'artifacts'] as const)
      await engine.bulkLoad({
        table,
        columns: ['job_id', table === 'logger' ? 'message' : 'filename', 'created_at'],
        rows: many(30_000).map((n) => [BigInt(n + 1), 'a text', utc(NOW - (30_000 - n) * 60_000)]),
      });
    await engine.bulkLoad({
      table: 'credential_prototype',
      columns: ['id', 'uuid', 'code', 'name', 'definition'],
      rows: many(3_000).map((n) => [BigInt(n + 1), `p${n}`, `P${n}`, 'A prototype', '{"fields":[]}']),
    });
    await engine.bulkLoad({
      table: 'credential_type',
      columns: ['id', 'uuid', 'company_id', 'name', 'credential_prototype_id', 'fields'],
      rows: many(6_000).map((n) => [
        BigInt(n + 1),
        `c${n}`,
        BigInt((n % 1_000) + 10),
        'One',
        BigInt((n % 3_000) + 1),
        '{}',
      ]),
    });
    await analyze(engine);
  });
  afterAll(() => database.drop());

  test('count jobs of run templates through the index that has them in order', async () => {
    const { engine } = database;
    await expectIndex(engine, entriesBetween(undefined, 12n), /ix_job_run_template_id_status_DatCreate_id/);
    await expectIndex(engine, entriesBetween(11n, 14n), /ix_job_run_template_id_status_DatCreate_id/);
    await expectIndex(engine, entriesOf(11n), /ix_job_run_template_id_/);
    await expectIndex(engine, entriesAmong(engine, [11n, 12n]), /ix_job_run_template_id_/);
    await expectIndex(engine, newestJobs(db, 'ok', utc(NOW - 2 * HOUR)), /ix_job_(status_)?DatCreate_id/);
    await expectIndex(engine, templatesBehind(db, 5_500n), KEY);
  });

  test('find what is overdue through the index on what is due', async () => {
    const index = /ix_run_template_(active_)?next_schedule/;
    const before = utc(NOW - 2 * HOUR);
    await expectIndex(database.engine, dueTemplates(db, before, undefined).limit(500), index);
    await expectIndex(
      database.engine,
      dueTemplates(db, before, { at: utc(NOW - 4 * HOUR), id: 5n }).limit(500),
      index,
    );
  });

  test('find jobs that are not finished through the index on status', async () => {
    const after = { at: utc(NOW - 200 * HOUR), id: 18_001n };
    const index = /ix_job_status_DatCreate_id/;
    for (const behind of [undefined, after]) {
      const running = runningJobs(db).where(ofStatus('running', behind));
      const waiting = waitingJobs(db).where(ofStatus('waiting', behind));
      await expectIndex(
        database.engine,
        running.orderBy('job.DatCreate').orderBy('job.id').limit(200),
        index,
      );
      await expectIndex(
        database.engine,
        waiting.orderBy('job.DatCreate').orderBy('job.id').limit(200),
        index,
      );
      for (const status of ['running', 'waiting'] as const)
        await expectIndex(database.engine, liveJobs(db, status, behind).limit(100), index);
    }
  });

  test('find the last sign of life through the indexes on the job', async () => {
    const query = signsOf(database.engine, db, [5n, 105n, 10_005n]);
    await expectIndex(database.engine, query, /ix_logger_job_id/);
    await expectIndex(database.engine, query, /ix_artifacts_job_id/);
  });

  test('read credentials by their keys', async () => {
    await expectIndex(database.engine, credentialsBehind(db, 5_500n).limit(200), KEY);
    await expectIndex(database.engine, prototypes(database.engine, [1n, 2n, 3n]), KEY);
  });
});
