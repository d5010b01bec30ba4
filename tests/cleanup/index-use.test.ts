/** The queries that prune repeats are answered by an index, on every engine: no scan, no sort, whatever the size of the table. */
import { type Compilable, CompiledQuery, type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { boundary } from '../../src/cleanup/boundary.ts';
import { oldestJobs, oldestLogs } from '../../src/cleanup/oldest.ts';
import { type Database, JOB_AGE } from '../../src/schema/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { at, makeCompany, makeHistory, type TestJob } from '../harness/history.ts';

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

  test('over jobs uses the index on status, instant and id', async () => {
    await expectIndex(oldestJobs(db, 'ok', { before, after, limit: 500 }), 'ix_job_status_DatCreate_id');
    await expectIndex(
      oldestJobs(db, 'failed', { before, after: undefined, limit: 500 }),
      'ix_job_status_DatCreate_id',
    );
  });

  test('over log entries uses the index on instant and id', async () => {
    await expectIndex(oldestLogs(db, { before, after, limit: 500 }), 'ix_logger_created_at_id');
    await expectIndex(oldestLogs(db, { before, after: undefined, limit: 500 }), 'ix_logger_created_at_id');
  });

  test('finds its boundary by walking down the index', async () => {
    expect(await boundary(db, JOB_AGE, 100)).toEqual({ at: at(19_900), id: 19_901n });
  });

  async function expectIndex(query: Compilable, index: string): Promise<void> {
    const { sql: text, parameters } = query.compile();
    const words = {
      sqlite: 'explain query plan',
      mysql: 'explain format=json',
      mariadb: 'explain format=json',
      postgresql: 'explain',
    }[name];
    const { rows } = await db.executeQuery(CompiledQuery.raw(`${words} ${text}`, [...parameters]));
    const plan = rows.map((row) => Object.values(row as object).join(' ')).join('\n');
    expect(plan).toContain(index);
    expect(plan).not.toMatch(
      /filesort|using_temporary_table": true|TEMP B-TREE|Sort |Seq Scan|"access_type": "ALL"/i,
    );
  }
});
