/** A whole cycle with nothing to do: few statements, on a log that is full and counters that are true, and none makes work for the next. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setPolicy } from '../../src/cleanup/index.ts';
import { type Engine, nowUtc, openEngine, utc } from '../../src/engines/index.ts';
import { runCycle } from '../../src/housekeeper/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { DUTIES } from '../../src/tasks/index.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { DEFAULT_SETTINGS } from '../harness/housekeeper-settings.ts';

const JOBS = 1_000;
const LOG_KEEP = 2_000;
const MOST_STATEMENTS = 60;
/** A token and the counters are to be seen to; a log that is full loses what that is told by; then there is nothing. */
const SETTLED_AFTER = 3;

describeEngines('a cycle with nothing to do', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  let statements = 0;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = await openEngine(database.settings, 'change', () => {
      statements++;
    });
    await makeCompany(engine);
    const jobs = Array.from({ length: JOBS }, (_, n) => ({
      ...{ id: BigInt(n + 1), status: 'ok' as const, minute: n, template: BigInt((n % 3) + 1) },
      ...{ artifacts: 2, logs: 3 },
    }));
    await makeHistory(engine, jobs, []);
    const db = engine.kysely<Database>();
    const policy = { company: null, template: null, keepLast: null, keepLastSuccess: false, enabled: true };
    await setPolicy(engine, { ...policy, subject: 'job', maxAgeDays: 3_650, note: null });
    await db.insertInto('user').values({ login: 'one' }).execute();
    const user = await db.selectFrom('user').select('id').executeTakeFirstOrThrow();
    const ended = { user_id: user.id, token: 'ended', until: utc(Date.UTC(2020, 0, 1)) };
    await db.insertInto('token').values(ended).execute();
    if (name === 'postgresql') await sql`vacuum analyze`.execute(engine.kysely());
    await db
      .insertInto('size_sample')
      .values({ table_name: '', total_bytes: 1n, taken_at: nowUtc() })
      .execute();
  });
  afterAll(async () => {
    await engine.close();
    await database.drop();
  });

  const cycle = () =>
    runCycle(
      { engine, program: 'test' },
      {
        settings: { ...DEFAULT_SETTINGS, logKeep: LOG_KEEP },
        ...{ duties: DUTIES, timeBudgetMs: 600_000, archive: null, lag: undefined },
      },
    );
  const worked = ({ duties }: Awaited<ReturnType<typeof cycle>>) =>
    duties.filter(({ rows }) => rows > 0).map(({ duty }) => duty);

  test('comes behind those that have worked, though what they have said fills the log', async () => {
    expect(worked(await cycle())).toEqual(expect.arrayContaining(['tokens', 'counters', 'log-pruning']));
    // Which table an engine makes statistics of, and when, is its own affair.
    for (let n = 1; n < SETTLED_AFTER; n++) await cycle();
    statements = 0;
    expect(worked(await cycle())).toEqual([]);
    expect(statements).toBeGreaterThan(20);
    expect(statements).toBeLessThanOrEqual(MOST_STATEMENTS);
  });
});
