/** `kill -9` of a purge beside a platform that writes: no job is left half, and the next run finishes. */
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { type Database, FINISHED } from '../../src/schema/index.ts';
import { describeEngines, migratedDatabase, type TestDatabase } from '../harness/engines.ts';
import { at, makeCompany, makeHistory, type TestJob } from '../harness/history.ts';
import { writing } from '../harness/platform.ts';
import { endOf } from '../harness/processes.ts';

const JOBS = 6_000;
const OLD = 5_000;

describeEngines('a purge that is killed', (name) => {
  test('leaves whole jobs, whenever it dies, and the next run finishes', { timeout: 300_000 }, async () => {
    const database = await migratedDatabase(name);
    const { engine } = database;
    await makeCompany(engine);
    const history = Array.from(
      { length: JOBS },
      (_, n): TestJob => ({
        id: BigInt(n + 1),
        status: n % 50 === 0 ? 'running' : (FINISHED[n % 3] ?? 'ok'),
        minute: n,
        artifacts: 2,
        logs: 1,
        template: BigInt((n % 3) + 1),
      }),
    );
    await makeHistory(engine, history, []);
    const platform = writing(await database.open(), { first: JOBS + 1 });
    let killed = 0;
    for (const rows of [1, 500, 3_000, 2_000, 1_000]) {
      if ((await victim(database, String(rows))) === 'SIGKILL') killed++;
      expect(await halves(engine)).toEqual([]);
    }
    expect(killed).toBeGreaterThan(2);
    expect(await victim(database, '')).toBe(0);
    const { made } = await platform.end();
    expect(made.length).toBeGreaterThan(10);

    const left = await engine.kysely<Database>().selectFrom('job').select('id').orderBy('id').execute();
    const stay = history
      .filter(({ status, minute }) => status === 'running' || minute >= OLD)
      .map(({ id }) => id);
    expect(left.map(({ id }) => id).filter((id) => id <= BigInt(JOBS))).toEqual(stay);
    expect(left).toHaveLength(stay.length + made.length);
    expect(await halves(engine)).toEqual([]);
    await database.drop();
  });
});

/** Jobs of the history that have not all of their children. */
async function halves(engine: Engine): Promise<unknown[]> {
  const { rows } = await sql`
    select j.id from job as j where j.id <= ${BigInt(JOBS)} and
      ((select count(*) from artifacts as a where a.job_id = j.id) <> 2
       or (select count(*) from logger as l where l.job_id = j.id) <> 1)`.execute(engine.kysely<unknown>());
  return rows;
}

/** @returns its exit status, or the signal that ended it */
function victim({ settings }: TestDatabase, rows: string): Promise<number | string> {
  return endOf('purging', settings, [at(OLD), rows]);
}
