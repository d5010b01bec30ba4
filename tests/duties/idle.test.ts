/** An hour in which there is nothing to do must not be felt: a few statements for all of these duties together. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setPolicy } from '../../src/cleanup/index.ts';
import { type Engine, nowUtc } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { history } from '../../src/tasks/duties/history.ts';
import { logPruning } from '../../src/tasks/duties/log-pruning.ts';
import { orphans } from '../../src/tasks/duties/orphans.ts';
import { retention } from '../../src/tasks/duties/retention.ts';
import { sizeSamples } from '../../src/tasks/duties/size-samples.ts';
import { space } from '../../src/tasks/duties/space.ts';
import { statistics } from '../../src/tasks/duties/statistics.ts';
import { tokens } from '../../src/tasks/duties/tokens.ts';
import { dutyContext, planAndRun, statementsOf } from '../harness/duty.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';

const DUTIES = [sizeSamples, statistics, tokens, retention, logPruning, orphans, history, space];
const JOBS = 20_000;

describeEngines('with nothing to do', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
    await makeHistory(
      engine,
      Array.from({ length: JOBS }, (_, n) => ({
        id: BigInt(n + 1),
        status: 'ok' as const,
        minute: n,
        artifacts: 2,
        logs: 3,
        template: BigInt((n % 3) + 1),
      })),
      [],
    );
    if (name === 'postgresql') await sql`vacuum analyze`.execute(engine.kysely());
    await engine
      .kysely<Database>()
      .insertInto('size_sample')
      .values({ table_name: '', total_bytes: 1n, taken_at: nowUtc() })
      .execute();
    const policy = { company: null, template: null, keepLast: null, keepLastSuccess: false, enabled: true };
    await setPolicy(engine, { ...policy, subject: 'job', maxAgeDays: 3_650, note: null });
    await planAndRun(statistics, dutyContext(engine));
  });
  afterAll(() => database.drop());

  test('eight duties take a dozen statements', async () => {
    const counts: Record<string, number> = {};
    for (const duty of DUTIES) {
      const { plan, statements } = await statementsOf(database, duty);
      expect({ duty: duty.name, steps: plan.steps }).toEqual({ duty: duty.name, steps: [] });
      counts[duty.name] = statements.length;
    }
    const all = Object.values(counts).reduce((sum, one) => sum + one, 0);
    expect(all).toBeLessThanOrEqual(12);
  });
});
