/** A purge without an index for its rules is refused before it reads a table, and says the statement that makes it. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyPurge, type JobRule, planPurge, type RuleBook, sameForAll } from '../../src/cleanup/index.ts';
import { recount } from '../../src/cleanup/plan/make-plan.ts';
import type { Engine } from '../../src/engines/index.ts';
import { isMultiFlexiError } from '../../src/errors.ts';
import type { Database } from '../../src/schema/index.ts';
import { cli } from '../harness/cli.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany, makeHistory, type TestJob } from '../harness/history.ts';
import { finishedJobs } from '../harness/rule-books.ts';

const jobs = (change: Partial<JobRule> = {}) =>
  sameForAll(null, finishedJobs({ olderThan: at(8), ...change }), undefined);
const logs = (keep: number | null) =>
  sameForAll(null, undefined, { keep, keepPerCompany: null, olderThan: at(8) });

describeEngines('a purge without its index', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
    await makeHistory(
      engine,
      Array.from(
        { length: 10 },
        (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n, artifacts: 1, logs: 1 }),
      ),
      [],
    );
  });
  afterAll(() => database.drop());

  const run = (statement: string) => sql.raw(statement).execute(engine.kysely<unknown>());
  const drop = async (table: string, index: string) =>
    run(engine.ddl.dropIndex({ name: index, table, columns: [], unique: false })[0]?.sql ?? '');
  const count = async () => (await engine.kysely<Database>().selectFrom('job').select('id').execute()).length;
  /** The statements that a refusal names, without the semicolons that divide them. */
  const statements = (text: string) => text.match(/(?:create|drop) index [^;]+(?=;)/g) ?? [];
  async function refusal(book: RuleBook): Promise<string> {
    const error = await planPurge(engine, book).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!isMultiFlexiError(error, 'INDEX_MISSING')) throw error ?? new Error('it was let pass');
    return error.next;
  }

  test('ends with 5, deletes nothing, and goes once the statement that it printed was run', async () => {
    await drop('job', 'ix_job_company_id_status_DatCreate_id');
    const prune = () => cli(['prune', '--jobs', '--keep', '6', '-y', '-f', 'json'], database.environment);
    const refused = await prune();
    expect([refused.exit, JSON.parse(refused.stdout).error.code]).toEqual([5, 'INDEX_MISSING']);
    expect(await count()).toBe(10);
    const made = statements(JSON.parse(refused.stdout).error.next);
    expect(made).toHaveLength(1);
    for (const statement of made) await run(statement);
    expect((await prune()).exit).toBe(0);
    expect(await count()).toBe(6);
    expect((await cli(['db:verify'], database.environment)).exit).toBe(0);
  });

  test.each([
    ['job', 'ix_job_run_template_id_status_DatCreate_id', jobs({ keepLastSuccess: true }), jobs()],
    ['job', 'ix_job_run_template_id_DatCreate_id', jobs({ keepPerTemplate: 5 }), jobs()],
    ['job', 'ix_job_DatCreate_id', jobs({ keep: 5 }), jobs({ keepPerTemplate: 5 })],
    ['logger', 'ix_logger_created_at_id', logs(5), logs(null)],
    ['token', 'ix_token_until', { ...jobs(), tokensBefore: at(0) }, jobs()],
  ] as const)(
    'of %s: %s is asked for by the rules that use it, and by no others',
    async (table, index, uses, spares) => {
      await drop(table, index);
      await planPurge(engine, spares);
      for (const statement of statements(await refusal(uses))) await run(statement);
      await planPurge(engine, uses);
    },
  );

  test('is let pass by a longer index that begins with the same columns', async () => {
    const long = {
      name: 'ix_longer',
      table: 'job',
      columns: ['company_id', 'status', 'DatCreate', 'id', 'exitcode'],
    };
    for (const { sql: text } of engine.ddl.createIndex({ ...long, unique: false }, true)) await run(text);
    await drop('job', 'ix_job_company_id_status_DatCreate_id');
    const plan = await planPurge(engine, jobs());
    await applyPurge(engine, plan, { program: 'test', waitMs: 0 });

    // One that has its columns in another order is none, though it has the name; for a plan that was kept neither.
    await drop('job', 'ix_longer');
    const other = { name: 'ix_job_company_id_status_DatCreate_id', table: 'job', unique: false };
    for (const { sql: text } of engine.ddl.createIndex({ ...other, columns: ['status', 'company_id'] }, true))
      await run(text);
    const next = await refusal(jobs());
    await expect(recount(engine, plan)).rejects.toMatchObject({ code: 'INDEX_MISSING' });
    expect(statements(next)).toHaveLength(2);
    for (const statement of statements(next)) await run(statement);
    await planPurge(engine, jobs());
  });
});
