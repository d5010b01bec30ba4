/** VACUUM of PostgreSQL under a reclaim: it can be ended, waits its turn, and says what it may not do. */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { openEngine } from '../../src/engines/index.ts';
import { applyReclaim, measureSpace, planReclaim } from '../../src/maintenance/index.ts';
import { makeBulkyHistory, purgeMost } from '../harness/bulky-history.ts';
import { administer, isAvailable, migratedDatabase, type TestDatabase } from '../harness/engines.ts';

const OPTIONS = { program: 'test', waitMs: 0 };

describe.runIf(isAvailable('postgresql'))('a reclaim on postgresql', () => {
  let database: TestDatabase & { readonly engine: Engine };
  const reader = `u_${randomBytes(5).toString('hex')}`;
  const name = () => database.environment.DB_DATABASE ?? '';

  beforeAll(async () => {
    database = await migratedDatabase('postgresql');
    await makeBulkyHistory(database.engine);
    await purgeMost(database.engine);
  });
  afterAll(async () => {
    await database.drop();
    await administer('postgresql', `drop role if exists ${reader}`);
  });

  test('ends a VACUUM that takes long when the time is over, and the next one goes on', async () => {
    // The server rests after every page.
    await administer('postgresql', `alter database ${name()} set vacuum_cost_delay = 100`);
    await administer('postgresql', `alter database ${name()} set vacuum_cost_limit = 1`);
    const slow = await database.open();
    const started = performance.now();
    const result = await applyReclaim(slow, await planReclaim(slow), { ...OPTIONS, timeBudgetMs: 700 });
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(result.stopped).toBe('time budget');
    expect(result.after.remedies.map(({ ours }) => ours)).toContain(true);
    await slow.close();
    await administer('postgresql', `alter database ${name()} reset all`);
  });

  test('names VACUUM to an account that may not run it, and runs nothing', async () => {
    await administer('postgresql', `create role ${reader} login password '${reader}'`);
    await sql
      .raw(`grant select on all tables in schema public to ${reader}`)
      .execute(database.engine.kysely());
    const settings = { ...database.settings, username: reader, password: reader };
    const other = await openEngine(settings as typeof database.settings, 'change');
    const result = await applyReclaim(other, await planReclaim(other), OPTIONS);
    expect(result).toMatchObject({ pieces: 0, stopped: null });
    expect(result.after.remedies[0]).toMatchObject({
      sql: 'VACUUM (ANALYZE) artifacts, job, logger;',
      ours: false,
    });
    await other.close();
    await sql.raw(`drop owned by ${reader}`).execute(database.engine.kysely());
    const [remedy] = result.after.remedies;
    await sql.raw(remedy && !remedy.ours ? remedy.sql : '').execute(database.engine.kysely());
  });

  test('says what an open transaction keeps from being free', async () => {
    const other = await database.open();
    await other
      .kysely()
      .transaction()
      .setIsolationLevel('repeatable read')
      .execute(async (transaction) => {
        await sql`select count(*) from job`.execute(transaction);
        await sql`delete from artifacts`.execute(database.engine.kysely());
        await sql`insert into logger (company_id, message) select 1, 'x' from generate_series(1, 3000)`.execute(
          database.engine.kysely(),
        );
        await sql`delete from logger`.execute(database.engine.kysely());
        const { after, stopped } = await applyReclaim(
          database.engine,
          await planReclaim(database.engine),
          OPTIONS,
        );
        expect(stopped).toBeNull();
        expect(after.notes).toEqual([expect.stringMatching(/^3000 .* rows of logger are not free yet/)]);
      });
    await applyReclaim(database.engine, await planReclaim(database.engine), OPTIONS);
    expect((await measureSpace(database.engine)).notes).toEqual([]);
    await other.close();
  });
});
