/** A prepared transaction that nobody ends keeps its locks and VACUUM from its work, for as long as the server lives. */
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { freshOn, isAvailable } from '../harness/engines.ts';
import { installations } from '../servers/installations.ts';
import { launch } from '../servers/launch.ts';

const LIMITS = { transactionIdShare: 1, preparedSeconds: 0, keptLogBytes: 2 ** 50 };

describe.runIf(isAvailable('postgresql'))('a prepared transaction', () => {
  test('is found until it is ended', async ({ skip }) => {
    for await (const installation of installations('postgresql')) {
      const variant = { options: ['-c', 'max_prepared_transactions=2'], password: 'secret-of-a-test' };
      const started = await launch(installation, true, variant).catch(() => undefined);
      if (!started) continue;
      const database = await freshOn(started.server);
      const engine = await database.open();
      const db = engine.kysely<unknown>();
      expect(await engine.conditions(db, LIMITS)).toEqual([]);
      await db.connection().execute(async (session) => {
        for (const statement of ['begin', 'create table held (id int)', "prepare transaction 'it''s mine'"])
          await sql.raw(statement).execute(session);
      });
      const [found] = await engine.conditions(db, LIMITS);
      expect(found).toMatchObject({ about: "prepared:it's mine", severity: 'warning' });
      expect(await engine.conditions(db, { ...LIMITS, preparedSeconds: 3_600 })).toEqual([]);
      await sql.raw(found?.fix ?? '').execute(db);
      expect(await engine.conditions(db, LIMITS)).toEqual([]);
      await engine.close();
      await database.drop();
      await started.stop();
      return;
    }
    return skip('no PostgreSQL can be started here');
  });
});
