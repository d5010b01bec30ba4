/** A ledger of which something is missing: said, with the way back, and nothing is half run. */
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findDrift, LEDGER, MIGRATIONS, STEPS } from '../../src/migrations/index.ts';
import { cli } from '../harness/cli.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';

const NEWEST = MIGRATIONS.at(-1)?.version ?? '';

describeEngines('a ledger', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  beforeEach(async () => {
    database = await migratedDatabase(name);
  });
  afterEach(() => database.drop());

  const run = (statement: string) => sql.raw(statement).execute(database.engine.kysely());
  const command = (...words: string[]) => cli(words, database.environment);
  const isWhole = async () => {
    expect((await command('db:status')).exit).toBe(0);
    expect(await findDrift(database.engine, MIGRATIONS)).toEqual([]);
  };

  test('without the row of a migration that others need is damaged, and recording it helps', async () => {
    await run(`delete from ${LEDGER} where version = '20221125095601'`);
    for (const words of [['db:verify'], ['db:migrate'], ['db:migrate', '--dry-run']]) {
      const { exit, stderr } = await command(...words);
      expect([exit, stderr], words.join(' ')).toEqual([
        7,
        expect.stringContaining('needs the table job of migration 20221125095601 job, which is not applied'),
      ]);
    }
    expect((await command('db:migrate', '--fake', '-t', '20221125095601')).exit).toBe(0);
    await isWhole();
  });

  test('without the row of one that nobody needs is told that its tables are there', async () => {
    await run(`delete from ${LEDGER} where version = '20261123120000'`);
    const { exit, stderr } = await command('db:migrate');
    expect([exit, stderr]).toEqual([
      5,
      expect.stringContaining(
        `Table retention_policy exists, but ${LEDGER} has no migration 20261123120000 retention`,
      ),
    ]);
    expect((await command('db:migrate', '--fake', '-t', '20261123120000')).exit).toBe(0);
    await isWhole();
  });

  test('that is empty is told which version the schema is, and how to record it', async () => {
    await run(`delete from ${STEPS}`);
    await run(`delete from ${LEDGER}`);
    const { exit, stderr } = await command('db:migrate');
    expect([exit, stderr]).toEqual([5, expect.stringContaining(`db:migrate --fake --target ${NEWEST}`)]);
    expect((await command('db:status')).exit).toBe(3);
    expect((await command('db:migrate', '--fake', '-t', NEWEST)).exit).toBe(0);
    await isWhole();
  });

  test('that is gone can be made again for exactly the version that is there', async () => {
    expect((await command('db:rollback', '-t', '20241209204404')).exit).toBe(0);
    await run('create table by_hand (id int)');
    await run(`drop table ${STEPS}`);
    await run(`drop table ${LEDGER}`);
    const { exit, stderr } = await command('db:migrate');
    expect([exit, stderr]).toEqual([5, expect.stringContaining('db:migrate --fake --target 20241209204404')]);
    expect((await command('db:migrate', '--fake')).exit).toBe(5);
    expect((await command('prune', '--jobs', '--older-than', '1d')).exit).toBe(5);
    expect((await command('db:migrate', '--fake', '-t', '20241209204404')).exit).toBe(0);
    expect((await command('db:migrate')).exit).toBe(0);
    await run('drop table by_hand');
    await isWhole();
  });

  test('that is gone beside a schema of no version is not guessed', async () => {
    await run('alter table company add column by_hand int');
    await run(`drop table ${STEPS}`);
    await run(`drop table ${LEDGER}`);
    for (const words of [['db:migrate'], ['db:migrate', '--fake']]) {
      const { exit, stderr } = await command(...words);
      expect([exit, stderr]).toEqual([5, expect.stringContaining('no ledger of our migrations')]);
    }
    expect(await database.engine.tableNames()).not.toContain(LEDGER);
  });
});
