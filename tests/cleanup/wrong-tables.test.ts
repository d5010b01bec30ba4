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
    'operators and functions of other schemas are never taken for those of the server',
    async () => {
      const { rows } = await sql<{ own: string }>`select current_database() as own`.execute(
        database.engine.kysely<unknown>(),
      );
      await run(
        "create function public.never(bigint, bigint) returns boolean language sql as 'select false'",
        'create operator public.= (leftarg = bigint, rightarg = bigint, procedure = public.never)',
        `alter database ${rows[0]?.own} set search_path = public, pg_catalog`,
      );
      const { exit, stdout } = await cli(
        ['prune', '--jobs', '--keep', '0', '--yes', '-f', 'json'],
        database.environment,
      );
      expect([exit, JSON.parse(stdout).tables]).toEqual([
        0,
        expect.arrayContaining([{ table_name: 'job', rows: 1 }]),
      ]);
    },
  );

  testWhere(name === 'postgresql')(
    'what a server advises on a table is told, and what an account has to be granted',
    async () => {
      const { rows } = await sql<{ own: string }>`select current_database() as own`.execute(
        database.engine.kysely<unknown>(),
      );
      const role = `r_${rows[0]?.own}`;
      await run(
        `create role ${role} login password '${role}'`,
        `grant all on all tables in schema public to ${role}`,
        `grant all on all sequences in schema public to ${role}`,
        'create schema books',
        'create table books.invoice (id bigint primary key, job_id bigint references job (id) on delete cascade)',
      );
      const account = { ...database.environment, DB_USERNAME: role, DB_PASSWORD: role };
      const denied = await cli(['prune', '--jobs', '--keep', '0', '--yes'], account);
      expect([denied.exit, denied.stderr]).toEqual([
        1,
        expect.stringContaining('Grant the account SELECT on the table, and USAGE on schema books'),
      ]);
      await run(`drop schema books cascade`, `drop owned by ${role}`, `drop role ${role}`);
      await run(
        'alter table artifacts replica identity nothing',
        'create publication everything for all tables',
      );
      const refused = await prune();
      expect([refused.exit, refused.stderr]).toEqual([1, expect.stringContaining('REPLICA IDENTITY')]);
    },
  );

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
