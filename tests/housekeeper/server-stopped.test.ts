/**
 * The server is killed and started again in the middle of a cycle: before each duty looks, before it works, and while it deletes.
 * All duties are done in the end, no row is lost or deleted that had to stay, and each run is told once.
 */
import { afterEach, describe, expect, test } from 'vitest';
import { type Engine, openEngine, utc } from '../../src/engines/index.ts';
import { runCycle } from '../../src/housekeeper/index.ts';
import { readLease } from '../../src/leases/index.ts';
import { migrate } from '../../src/migrations/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { DUTIES, type Duty, listRuns, loadSample } from '../../src/tasks/index.ts';
import { freshOn } from '../harness/databases.ts';
import { isAvailable } from '../harness/engines.ts';
import { DEFAULT_SETTINGS } from '../harness/housekeeper-settings.ts';
import { provideCrashable, SERVER_ENGINES } from '../servers/index.ts';

const POLICY_DAYS = 60;
const DAY_MS = 86_400_000;

for (const name of SERVER_ENGINES) {
  describe.skipIf(!isAvailable(name))(`the ${name} server`, () => {
    const ends: (() => Promise<unknown>)[] = [];
    afterEach(async () => {
      for (const end of ends.splice(0).reverse()) await end();
    });

    test('dies between and within the duties of a cycle, which is done in the end', {
      timeout: 600_000,
    }, async () => {
      const crashable = await provideCrashable(name);
      if (!crashable) throw new Error(`no ${name} server of its own`);
      ends.push(() => crashable.stop());
      const { settings } = await freshOn(crashable.server);
      let [deaths, diesWhileDeleting] = [0, false];
      let back: Promise<void> = Promise.resolve();
      /** It is dead when this returns, and starts while the duty goes on. */
      const die = async () => {
        await back;
        deaths++;
        await crashable.crash();
        back = crashable.startAgain();
        // Its failure is told by who awaits it next.
        back.catch(() => {});
      };
      const engine = await openEngine(settings, 'change', ({ sql }) => {
        if (!diesWhileDeleting || !/^delete from .job\b/i.test(sql)) return;
        diesWhileDeleting = false;
        void die();
      });
      ends.push(() => engine.close());
      await migrate(engine, { program: 'test', waitMs: 0 });
      await loadSample({ engine, program: 'test' }, { jobs: 300, days: 100, seed: 1 });
      await onePolicy(engine);
      const kept = await youngJobs(engine);

      const result = await runCycle(
        { engine, program: 'test' },
        {
          settings: { ...DEFAULT_SETTINGS, logKeep: 100 },
          duties: DUTIES.map((duty, place) =>
            mortal(duty, place % 2 === 0 ? 'plan' : 'run', async () => {
              if (duty.name === 'retention') diesWhileDeleting = true;
              else await die();
            }),
          ),
          timeBudgetMs: 3_600_000,
          archive: null,
          lag: undefined,
        },
      );
      await back;
      expect(result.duties.map(({ duty, outcome, error }) => [duty, outcome, error])).toEqual(
        DUTIES.map((duty) => [duty.name, 'done', null]),
      );
      // Those that have nothing to do have no run in which to die.
      expect(deaths).toBeGreaterThan(DUTIES.length / 2);
      expect(diesWhileDeleting).toBe(false);
      expect(await jobsLeft(engine)).toEqual(kept);
      const runs = await listRuns({ engine }, 100);
      expect(runs.map(({ duty }) => duty).sort()).toEqual(
        [...DUTIES.map((duty) => duty.name), 'cycle'].sort(),
      );
      expect(runs.filter(({ outcome }) => outcome !== 'done')).toEqual([]);
      expect((await readLease(engine, 'housekeeper'))?.held).toBe(false);
    });
  });
}

/** The server dies once: before the duty plans, or between its plan and its run. */
function mortal(duty: Duty, when: 'plan' | 'run', die: () => Promise<void>): Duty {
  let died = false;
  const once = async (now: typeof when) => {
    if (died || now !== when) return;
    died = true;
    await die();
  };
  return {
    ...duty,
    plan: async (context) => {
      await once('plan');
      const plan = await duty.plan(context);
      const run = async () => {
        await once('run');
        return plan.run();
      };
      return { ...plan, run };
    },
  };
}

async function onePolicy(engine: Engine): Promise<void> {
  const db = engine.kysely<Database>();
  await db.deleteFrom('retention_policy').execute();
  await db
    .insertInto('retention_policy')
    .values({
      subject: 'job',
      max_age_days: POLICY_DAYS,
      keep_last_success: false,
      enabled: true,
      action: 'delete',
    })
    .execute();
}

async function jobsLeft(engine: Engine): Promise<readonly bigint[]> {
  const rows = await engine.kysely<Database>().selectFrom('job').select('id').orderBy('id').execute();
  return rows.map(({ id }) => id);
}

/** Those that the policy keeps. */
async function youngJobs(engine: Engine): Promise<readonly bigint[]> {
  const rows = await engine
    .kysely<Database>()
    .selectFrom('job')
    .select('id')
    .where((eb) =>
      eb.or([
        eb('DatCreate', '>=', utc(Date.now() - POLICY_DAYS * DAY_MS)),
        eb('status', 'in', ['waiting', 'running']),
      ]),
    )
    .orderBy('id')
    .execute();
  return rows.map(({ id }) => id);
}
