/** A server that restarts in the middle of a cycle, again and again: all duties are done in the end, and each is told once. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { runCycle } from '../../src/housekeeper/index.ts';
import { readLease } from '../../src/leases/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { DUTIES, type Duty, listRuns, loadSample } from '../../src/tasks/index.ts';
import { cutSessions } from '../harness/cut-sessions.ts';
import { describeOn, migratedDatabase } from '../harness/engines.ts';

/** Its sessions end between its plan and its run the first time that it has something to do, and in its plan before. */
function cutOff(duty: Duty, cut: () => Promise<void>): Duty {
  let [plans, runs] = [0, 0];
  return {
    ...duty,
    plan: async (context) => {
      if (++plans === 1) await cut();
      const plan = await duty.plan(context);
      const run = async () => {
        if (++runs === 1) await cut();
        return plan.run();
      };
      return { ...plan, run };
    },
  };
}

describeOn(['mysql', 'mariadb', 'postgresql'], 'a server that restarts in the middle of a cycle', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await loadSample({ engine, program: 'test' }, { jobs: 300, days: 100, seed: 1 });
    const db = engine.kysely<Database>();
    await db.deleteFrom('retention_policy').execute();
    await db
      .insertInto('retention_policy')
      .values({ subject: 'job', max_age_days: 60, keep_last_success: false, enabled: true, action: 'delete' })
      .execute();
  });
  afterAll(() => database.drop());

  test('is waited for in each duty, and the history has each of them once', {
    timeout: 300_000,
  }, async () => {
    let cuts = 0;
    const cut = async () => {
      cuts++;
      await cutSessions(database);
    };
    const result = await runCycle(
      { engine, program: 'test' },
      {
        settings: {
          dryRun: false,
          daemonize: false,
          cyclePauseMs: 3_600_000,
          logKeep: 100,
          logKeepPerCompany: null,
          tmpDirectory: null,
          tmpAgeMs: 86_400_000,
          staleJobAgeMs: 86_400_000,
          skipDuties: [],
          window: null,
        },
        duties: DUTIES.map((duty) => cutOff(duty, cut)),
        timeBudgetMs: 600_000,
        archive: null,
        lag: undefined,
      },
    );
    expect(result.duties.map(({ duty, outcome, error }) => [duty, outcome, error])).toEqual(
      DUTIES.map((duty) => [duty.name, 'done', null]),
    );
    expect(cuts).toBeGreaterThan(DUTIES.length);
    const runs = await listRuns({ engine }, 100);
    expect(runs.map(({ duty }) => duty).sort()).toEqual([...DUTIES.map((duty) => duty.name), 'cycle'].sort());
    expect(runs.filter(({ outcome }) => outcome !== 'done')).toEqual([]);
    expect((await readLease(engine, 'housekeeper'))?.held).toBe(false);
  });
});
