/** The queries that prune repeats are answered by an index, on every engine: no scan, no sort, whatever the size of the table. */
import { randomUUID } from 'node:crypto';
import { type Compilable, CompiledQuery, type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forAll, sameForAll } from '../../src/cleanup/index.ts';
import { runOfJobs, runOfLogs } from '../../src/cleanup/plan/content-estimate.ts';
import { deleteFinished } from '../../src/cleanup/purge/delete-jobs.ts';
import { boundary } from '../../src/cleanup/selection/boundary.ts';
import { companiesOfOldJobs } from '../../src/cleanup/selection/divisions.ts';
import { noHolds } from '../../src/cleanup/selection/held-rows.ts';
import { oldestJobs, oldestLogs, oldestLogsOfAll, oldestOfAll } from '../../src/cleanup/selection/queries.ts';
import { type JobScope, jobScopes } from '../../src/cleanup/selection/scopes.ts';
import { type Database, FINISHED, JOB_AGE } from '../../src/schema/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany, makeHistory, type TestJob } from '../harness/history.ts';
import { finishedJobs } from '../harness/rule-books.ts';

/** Which of those that end with instant and id is left to the server's statistics: none of them sorts or scans. */
const JOB_INDEX = /ix_job_(\w+_)?DatCreate_id/;

describeEngines('the walk', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let db: Kysely<Database>;

  beforeAll(async () => {
    database = await migratedDatabase(name);
    db = database.engine.kysely<Database>();
    await makeCompany(database.engine);
    // Enough rows that reading them all would be the dearer plan, on statistics that know it.
    await makeHistory(
      database.engine,
      Array.from(
        { length: 20_000 },
        (_, n): TestJob => ({
          id: BigInt(n + 1),
          status: n % 10 === 0 ? 'failed' : 'ok',
          minute: n,
          artifacts: 0,
          logs: 1,
          template: BigInt((n % 3) + 1),
        }),
      ),
      [],
    );
    const analyze = {
      sqlite: 'analyze',
      mysql: 'analyze table job, logger',
      mariadb: 'analyze table job, logger',
      postgresql: 'vacuum analyze',
    }[name];
    await sql.raw(analyze).execute(db);
  });
  afterAll(() => database.drop());

  const before = { at: at(15_000), id: 15_001n };
  const after = { at: at(7_000), id: 7_001n };

  const nobody = noHolds(at(0));
  const archive = false;
  const scope = { company: 1n, statuses: FINISHED, before, spared: [], archive };
  const all: JobScope = { ...scope, template: 'all' };
  const one: JobScope = { ...scope, template: 1n, spared: [5n] };

  test('over jobs of a company, and of a run template, uses their index on status, instant and id', async () => {
    for (const stretch of [
      { after, limit: 500 },
      { after: undefined, limit: 500 },
    ]) {
      await expectIndex(oldestJobs(database.engine, all, 'ok', nobody, stretch), JOB_INDEX);
      await expectIndex(oldestJobs(database.engine, one, 'ok', nobody, stretch), JOB_INDEX);
    }
  });

  test('over log entries uses the index on company, instant and id', async () => {
    for (const company of [1n, 2n]) {
      for (const from of [after, undefined])
        await expectIndex(
          oldestLogs(database.engine, { company, before, archive }, nobody, { after: from, limit: 500 }),
          /ix_logger_(company_id_)?created_at_id/, // One company may be most of the table.
        );
    }
  });

  test('over everybody by age uses the index on instant and id', async () => {
    for (const from of [after, undefined]) {
      await expectIndex(oldestOfAll(db, before, { after: from, limit: 500 }), /ix_job_DatCreate_id/);
      await expectIndex(oldestLogsOfAll(db, before, { after: from, limit: 500 }), /ix_logger_created_at_id/);
    }
  });

  test('that measures a few rows uses the same indexes, though it reads the rows as well', async () => {
    const bytes = (column: string) => sql`octet_length(${sql.ref(column)})`;
    for (const from of [after, undefined]) {
      for (const jobs of [all, one])
        await expectIndex(runOfJobs(db, { ...jobs, status: 'ok' }, bytes('executor'), from), JOB_INDEX);
      await expectIndex(
        runOfLogs(db, { company: 1n, before, archive }, bytes('message'), from),
        /ix_logger_(company_id_)?created_at_id/,
      );
    }
  });

  test('deletes jobs by their key, not by their state', async () => {
    const plan = await explained(
      deleteFinished(database.engine, db, [5n, 6n, 7n]),
      name === 'mysql' ? 'explain format=traditional' : undefined,
    );
    expect(plan).toMatch(/INTEGER PRIMARY KEY|PRIMARY|job_pkey/);
    expect(plan).not.toMatch(JOB_INDEX);
  });

  test('finds whose the old jobs of a run template are by its own index, not by all jobs of its company', async () => {
    const asked: CompiledQuery[] = [];
    const recording = {
      ...database.engine,
      kysely: <Tables>() =>
        database.engine.kysely<Tables>().withPlugin({
          transformQuery: ({ node }) => {
            asked.push(db.getExecutor().compileQuery(node, { queryId: randomUUID() }));
            return node;
          },
          transformResult: async ({ result }) => result,
        }),
    };
    const rule = finishedJobs({ keepPerTemplate: 100 });
    const ofTemplate = { all: undefined, byCompany: new Map(), byTemplate: new Map([[1n, rule]]) };
    for (const jobs of [ofTemplate, forAll(rule)]) {
      asked.length = 0;
      const scopes = await jobScopes(recording, { ...sameForAll(null, undefined, undefined), jobs }, nobody);
      expect(scopes.map(({ template }) => template)).toEqual(jobs === ofTemplate ? [1n] : [1n, 2n, 3n]);
      const distinct = asked.filter((query) => /distinct .*company_id.*run_template_id/s.test(query.sql));
      expect(distinct).toHaveLength(scopes.length);
      // None of the others reads what a company has.
      expect(asked.filter((query) => /where .?company_id. = /.test(query.sql))).toEqual([]);
    }
    const old = companiesOfOldJobs(db, 1n, { at: at(2_000), id: 1n });
    expect(await explained(old)).toMatch(/ix_job_run_template_id_/);
  });

  test('finds its boundary by walking down the index', async () => {
    expect(await boundary(db, JOB_AGE, 100)).toEqual({ at: at(19_900), id: 19_901n });
  });

  async function expectIndex(query: Compilable, index: string | RegExp): Promise<void> {
    const plan = await explained(query);
    expect(plan).toMatch(index);
    // The words of all four, and of MySQL's newer JSON.
    expect(plan).not.toMatch(
      /"operation": "(?:Sort|Table scan on (?!<))|filesort|using_temporary_table": true|TEMP B-TREE|Sort |Seq Scan|"access_type": "ALL"/i,
    );
  }

  /** @param words MySQL's JSON has no plan of a DELETE */
  async function explained(query: Compilable, words?: string): Promise<string> {
    const { sql: text, parameters } = query.compile();
    const explain = {
      sqlite: 'explain query plan',
      mysql: 'explain format=json',
      mariadb: 'explain format=json',
      postgresql: 'explain',
    }[name];
    const { rows } = await db.executeQuery(CompiledQuery.raw(`${words ?? explain} ${text}`, [...parameters]));
    return rows.map((row) => Object.values(row as object).join(' ')).join('\n');
  }
});
