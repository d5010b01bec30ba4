/** What a plan says of the bytes that go, held against the sum over all rows that the plan itself never takes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { planPurge, readPlan, savePlan } from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany, makeHistory, type TestJob } from '../harness/history.ts';
import { jobsAndLogsOlderThan, jobsOlderThan } from '../harness/rule-books.ts';

const TABLES = ['logger', 'artifacts', 'job'] as const;
/** Ids of four digits, so that rows that are to be equal are. */
const FIRST = 1_000;
const DAY = 24 * 60;

interface SizedJob extends TestJob {
  readonly bytes: number;
}

describeEngines('the bytes of a plan', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
  });
  afterAll(() => database.drop());

  /** Jobs with an artifact and a log entry of so many bytes each. */
  async function make(jobs: readonly SizedJob[]): Promise<void> {
    await makeHistory(engine, jobs, []);
    await engine.bulkLoad({
      table: 'artifacts',
      columns: ['id', 'job_id', 'filename', 'content', 'created_at'],
      rows: jobs.map((job) => [job.id, job.id, 'stdout.txt', Buffer.alloc(job.bytes), at(job.minute)]),
    });
    await engine.bulkLoad({
      table: 'logger',
      columns: ['id', 'company_id', 'job_id', 'message', 'created_at'],
      rows: jobs.map((job) => [job.id, 1n, job.id, 'x'.repeat(job.bytes), at(job.minute)]),
    });
  }

  async function truth(table: (typeof TABLES)[number], before: string): Promise<number> {
    const columns = (await engine.introspect()).find((found) => found.name === table)?.columns ?? [];
    const bytes = sql.join(
      columns.map((column) => sql`coalesce(octet_length(${engine.asText(column.name, column.type)}), 0)`),
      sql` + `,
    );
    const age = table === 'job' ? 'DatCreate' : 'created_at';
    const { rows } = await sql<{ bytes: unknown }>`
      select sum(${bytes}) as bytes from ${sql.table(table)} where ${sql.ref(age)} < ${before}`.execute(
      engine.kysely<Database>(),
    );
    return Number(rows[0]?.bytes ?? 0);
  }

  const planOf = (before: string, logs: boolean) =>
    planPurge(engine, logs ? jobsAndLogsOlderThan(before) : jobsOlderThan(before));
  const bytesOf = async (before: string, logs: boolean) =>
    Object.fromEntries((await planOf(before, logs)).tables.map(({ table, bytes }) => [table, bytes ?? -1]));

  test.each([true, false])(
    'are exact where all rows are equal (log entries of their own: %s)',
    async (logs) => {
      await make(
        Array.from({ length: 300 }, (_, n) => ({
          id: BigInt(FIRST + n),
          status: 'ok',
          minute: n,
          artifacts: 0,
          logs: 0,
          bytes: 777,
        })),
      );
      const found = await bytesOf(at(250), logs);
      for (const table of TABLES) expect([table, found[table]]).toEqual([table, await truth(table, at(250))]);
      expect(found.artifacts).toBeGreaterThan(250 * 777);
    },
  );

  test('are near where they are not: nightly runs that begin with a small one, and a company of large ones', async () => {
    await make(
      Array.from({ length: 2_000 }, (_, n): SizedJob => {
        const first = n % 100 === 0;
        const template = BigInt((n % 3) + 1);
        return {
          id: BigInt(FIRST + n),
          status: n % 7 === 0 ? 'failed' : 'ok',
          minute: Math.floor(n / 100) * DAY + (n % 100),
          artifacts: 0,
          logs: 0,
          template,
          bytes: first ? 5 : template === 3n ? 4_000 + (n % 50) * 20 : 200 + (n % 31) * 40,
        };
      }),
    );
    const before = at(15 * DAY);
    for (const logs of [true, false]) {
      const found = await bytesOf(before, logs);
      for (const table of TABLES) {
        const ratio = (found[table] ?? 0) / (await truth(table, before));
        expect([table, ratio > 0.7 && ratio < 1.4 ? 'near' : ratio]).toEqual([table, 'near']);
      }
    }
  });

  test('are found where few jobs have children, and nothing is 0', async () => {
    await make(
      Array.from({ length: 900 }, (_, n) => ({
        id: BigInt(FIRST + n),
        status: 'ok',
        minute: n,
        artifacts: 0,
        logs: 0,
        bytes: 10,
      })),
    );
    const db = engine.kysely<Database>();
    await db.deleteFrom('artifacts').where('job_id', '<>', 1_333n).execute();
    const found = await bytesOf(at(800), false);
    expect(found.artifacts).toBe(await truth('artifacts', at(800)));
    expect(await bytesOf(at(0), true)).toEqual({ logger: 0, artifacts: 0, job: 0 });
  });

  test('need not be in a plan that was kept', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'multiflexi-plan-'));
    const [file, old] = [join(directory, 'plan'), join(directory, 'old')];
    const plan = await planOf(at(5), true);
    savePlan(file, plan);
    expect(readPlan(engine, file)).toEqual(plan);
    writeFileSync(old, readFileSync(file, 'utf8').replaceAll(/,\s+"bytes": \d+/g, ''));
    expect(readFileSync(old, 'utf8')).not.toContain('bytes');
    expect(readPlan(engine, old).tables.map(({ bytes }) => bytes)).toEqual([null, null, null]);
    rmSync(directory, { recursive: true });
  });
});
