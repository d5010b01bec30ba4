/** What the suites of the engines beside this file rest on. */
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import { MIGRATIONS, migrate } from '../../src/migrations/index.ts';
import { STEPS } from '../../src/migrations/ledger/tables.ts';
import { freshDatabase } from '../harness/engines.ts';
import { victim } from '../harness/killed-suite.ts';

const patient = { program: 'test', waitMs: 60_000 };

describe('the deaths', () => {
  test('are real: the victim dies by SIGKILL, not by an error', async () => {
    const database = await freshDatabase('sqlite');
    expect(await victim(database, 'up', '', MIGRATIONS[3]?.version ?? '', 1, 'before')).toBe('SIGKILL');
    await database.drop();
  });
});

/** The ledger has steps of both ways for each migration that is applied, and none of others. */
test('the ledger keeps the compiled way back', async () => {
  const database = await freshDatabase('sqlite');
  const engine = await database.open('create');
  await migrate(engine, patient);
  const { rows } = await sql<{
    direction: string;
    n: bigint;
  }>`select direction, count(distinct version) as n from ${sql.table(STEPS)} group by direction order by direction`.execute(
    engine.kysely<unknown>(),
  );
  expect(rows).toEqual([
    { direction: 'down', n: BigInt(MIGRATIONS.length) },
    { direction: 'up', n: BigInt(MIGRATIONS.length) },
  ]);
  await engine.close();
  await database.drop();
});
