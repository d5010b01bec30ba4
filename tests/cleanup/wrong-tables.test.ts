/** Tables that are not what the migrations made: a purge that could not take a deletion back does not begin. */
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cli } from '../harness/cli.ts';
import { describeEngines, migratedDatabase, testWhere } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';

describeEngines('with other tables than those of the migrations', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  beforeEach(async () => {
    database = await migratedDatabase(name);
    await makeCompany(database.engine);
    await makeHistory(database.engine, [{ id: 1n, status: 'ok', minute: 0, artifacts: 1, logs: 1 }], []);
  });
  afterEach(() => database.drop());
  const run = async (...statements: readonly string[]) => {
    for (const statement of statements) await sql.raw(statement).execute(database.engine.kysely<unknown>());
  };
  const prune = () => cli(['prune', '--jobs', '--keep', '0', '--yes'], database.environment);

  testWhere(name === 'mysql' || name === 'mariadb')(
    'a table without transactions is refused, with the statement that converts it',
    async () => {
      await run(
        'alter table artifacts drop foreign key fk_artifacts_job_id',
        'alter table artifacts engine = MyISAM',
      );
      const { exit, stderr } = await prune();
      expect([exit, stderr]).toEqual([5, expect.stringContaining('storage engine MyISAM instead of InnoDB')]);
      const [, statement = ''] = /Convert the table: (.*);/.exec(stderr) ?? [];
      await run(statement);
      expect(await prune()).toMatchObject({ exit: 0 });
    },
  );

  test('a view that has taken the place of a table is said to be none', async () => {
    await run(
      'alter table artifacts rename to all_artifacts',
      'create view artifacts as select * from all_artifacts',
    );
    const { exit, stderr } = await prune();
    expect([exit, stderr]).toEqual([5, expect.stringContaining('There is no table artifacts')]);
    expect(stderr).toContain('db:verify');
  });

  test('a column under another name is said to be missing, not its index', async () => {
    if (name === 'mysql' || name === 'mariadb')
      await run('alter table artifacts drop foreign key fk_artifacts_job_id');
    await run('alter table artifacts rename column job_id to jobs');
    const { exit, stderr } = await prune();
    expect([exit, stderr]).toEqual([5, expect.stringContaining('The table artifacts has no column job_id')]);
  });

  testWhere(name === 'postgresql')(
    'tables that a schema made later hides are not taken for missing, nor made again',
    async () => {
      const { rows } = await sql<{ own: string }>`select current_database() as own`.execute(
        database.engine.kysely<unknown>(),
      );
      const own = rows[0]?.own;
      await run('create schema front', `alter database ${own} set search_path = front, public`);
      for (const command of [
        ['db:status'],
        ['db:migrate'],
        ['prune', '--jobs', '--keep', '0', '--yes'],
        ['db:verify'],
      ]) {
        const { exit, stderr } = await cli(command, database.environment);
        expect([command, exit, stderr]).toEqual([
          command,
          5,
          expect.stringContaining('are in schema public'),
        ]);
      }
      await run(`alter database ${own} reset search_path`);
      expect(await prune()).toMatchObject({ exit: 0 });
    },
  );
});
