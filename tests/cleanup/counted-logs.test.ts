/** Log entries that a plan counts with their jobs: by the index alone where none has an age of its own, and each once where some have. */
import { type CompiledQuery, sql } from 'kysely';
import { expect, test } from 'vitest';
import { planPurge } from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import { asking } from '../harness/asked.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { explained } from '../harness/explained.ts';
import { at, makeCompany, makeHistory, type TestJob } from '../harness/history.ts';
import { jobsAndLogsOlderThan, jobsOlderThan } from '../harness/rule-books.ts';

const ANALYZE = {
  sqlite: 'analyze',
  mysql: 'analyze table job, logger',
  mariadb: 'analyze table job, logger',
  postgresql: 'vacuum analyze',
};
/** What each engine says of an index that has all that is wanted. */
const BY_THE_INDEX_ALONE = {
  sqlite: /COVERING INDEX ix_logger_job_id/,
  mysql:
    /Covering index lookup on logger using ix_logger_job_id|"key": "ix_logger_job_id"[^}]*"using_index": true/,
  mariadb: /"key": "ix_logger_job_id"[^}]*"using_index": true/,
  // Where an old snapshot is open, it looks at the rows all the same.
  postgresql: /Index (Only )?Scan using "?ix_logger_job_id/,
};

describeEngines('log entries of jobs', (name) => {
  test('are counted without reading them, where none is deleted by its own age', async () => {
    const database = await migratedDatabase(name);
    const { engine } = database;
    await makeCompany(engine);
    const jobs = Array.from({ length: 5_000 }, (_, n): TestJob => {
      const id = BigInt(n + 1);
      return { id, status: 'ok', minute: n, artifacts: 0, logs: 3 };
    });
    await makeHistory(engine, jobs, []);
    await sql.raw(ANALYZE[name]).execute(engine.kysely());
    const asked: CompiledQuery[] = [];
    const plan = await planPurge(recording(engine, asked), jobsOlderThan(at(20)));
    expect(plan.tables[0]).toMatchObject({ table: 'logger', rows: 60, withTheirJob: 60 });
    const counting = asked.filter((query) => /count\(\*\).* join .logger. /s.test(query.sql));
    expect(counting).toHaveLength(1);
    for (const query of counting) {
      expect(query.sql).not.toMatch(/group by|logger.\..company_id/);
      expect(await explained(engine, { compile: () => query })).toMatch(BY_THE_INDEX_ALONE[name]);
    }
    await database.drop();
  });

  test('are counted once, whosever they are and whatever is deleted by its own age', async () => {
    const database = await migratedDatabase(name);
    const { engine } = database;
    await makeCompany(engine);
    const ofCompany = (company: bigint, id: bigint): TestJob => {
      return { id, company, template: null, status: 'ok', minute: Number(id), artifacts: 0, logs: 0 };
    };
    await makeHistory(engine, [ofCompany(1n, 1n), ofCompany(2n, 2n), ofCompany(1n, 99n)], []);
    const entries: [job: bigint | null, company: bigint | null, minute: number][] = [
      [1n, 1n, 1],
      [1n, 1n, 70],
      [1n, 2n, 1],
      [1n, 2n, 70],
      [1n, null, 1],
      [1n, null, 70],
      [2n, 2n, 2],
      [2n, 1n, 70],
      [99n, 1n, 1],
      [null, 1n, 1],
      [null, null, 70],
    ];
    await engine.bulkLoad({
      table: 'logger',
      columns: ['job_id', 'company_id', 'severity', 'message', 'created_at'],
      rows: entries.map(([job, company, minute]) => [job, company, 'info', 'said', at(minute)]),
    });
    const logs = async (book: ReturnType<typeof jobsOlderThan>) => (await planPurge(engine, book)).tables[0];
    expect(await logs(jobsOlderThan(at(60)))).toMatchObject({ rows: 8, withTheirJob: 8 });
    // Six are as old, one of them of a job that stays and one of none; four more are of the jobs alone.
    expect(await logs(jobsAndLogsOlderThan(at(60)))).toMatchObject({ rows: 10, withTheirJob: 4 });
    await database.drop();
  });
});

function recording(engine: Engine, asked: CompiledQuery[]): Engine {
  return { ...engine, kysely: () => asking(engine, asked) };
}
