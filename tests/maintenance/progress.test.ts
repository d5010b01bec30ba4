/** How far VACUUM and rebuilds are is what the server says: seen between the beginning and the end, not made up of time. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine, EngineName, StatementProgress } from '../../src/engines/index.ts';
import { REBUILD_LIMITS, runOptimize } from '../../src/tasks/index.ts';
import { makeBulkyHistory } from '../harness/bulky-history.ts';
import { administer, describeOn, migratedDatabase } from '../harness/engines.ts';

const NAMES = ['postgresql', 'mysql', 'mariadb'] as const satisfies readonly EngineName[];
const SEEN = new Error('seen');
/** How often the rows are doubled until a rebuild of them takes long enough to be looked at: 800 MB at most. */
const LARGEST = 32;

describeOn(NAMES, 'what the server says of its progress', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeBulkyHistory(engine);
    // Off unless an administrator switches it on; an account of ours may read it.
    if (name === 'mysql')
      await administer(
        'mysql',
        "update performance_schema.setup_consumers set enabled = 'YES' where name = 'events_stages_current'",
      );
  });
  afterAll(() => database.drop());

  test('is shown in the middle of a rebuild, which is as large as that takes', {
    timeout: 600_000,
  }, async () => {
    for (let times = 1; times <= LARGEST; times *= 2) {
      const shares: number[] = [];
      const seen = new AbortController();
      const rebuilt = runOptimize(
        {
          ...{ engine, program: 'test', signal: seen.signal },
          onProgress: ({ done, expected }) => {
            shares.push(done / expected);
            if (isInside(done / expected)) seen.abort(SEEN);
          },
        },
        {
          ...{ tables: ['artifacts'], limits: REBUILD_LIMITS, waitMs: 0, lockTimeoutMs: 60_000 },
          confirmed: 'everything',
        },
      );
      const wasSeen = await rebuilt.then(
        () => false,
        (error: unknown) => {
          if (error !== SEEN) throw error;
          return true;
        },
      );
      expect(Math.max(...shares, 0)).toBeLessThanOrEqual(1);
      if (wasSeen) return;
      // With a rebuild to remember, time would tell as well.
      await sql`delete from housekeeping_run`.execute(engine.kysely<unknown>());
      await sql`insert into artifacts (job_id, filename, content, created_at)
        select job_id, filename, content, created_at from artifacts`.execute(engine.kysely<unknown>());
    }
    throw new Error('no rebuild was seen between its beginning and its end');
  });
});

describeOn(['postgresql'], 'what the server says of a VACUUM', () => {
  test('is shown while it reads the table', async () => {
    const { engine, drop } = await migratedDatabase('postgresql');
    await makeBulkyHistory(engine);
    const lock = await engine.lock({ name: 'progress', program: 'test', waitMs: 0 });
    // It rests behind each page, so that it cannot be at its end before it was looked at.
    await sql`set vacuum_cost_delay = '100ms'`.execute(lock.kysely<unknown>());
    await sql`set vacuum_cost_limit = 1`.execute(lock.kysely<unknown>());
    const seen = new AbortController();
    const told: StatementProgress[] = [];
    const work = await engine.reclaim({
      ...{ tables: ['job'], db: lock.kysely(), signal: seen.signal },
      onStatement: (progress) => {
        told.push(progress);
        if (progress.share !== null && isInside(progress.share)) seen.abort(SEEN);
      },
    });
    await expect(work?.next(50)).rejects.toBe(SEEN);
    expect(told.at(-1)).toMatchObject({ phase: expect.stringMatching(/scanning|vacuuming/) });
    await lock.release();
    await drop();
  });
});

function isInside(share: number): boolean {
  return share > 0 && share < 1;
}
