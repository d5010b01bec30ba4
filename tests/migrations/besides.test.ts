/** What stands beside our tables: db:verify names it, and is content. */
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MIGRATIONS, verifySchema } from '../../src/migrations/index.ts';
import { cli } from '../harness/cli.ts';
import { administer, describeEngines, migratedDatabase, testWhere } from '../harness/engines.ts';

describeEngines('a table beside ours', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  beforeEach(async () => {
    database = await migratedDatabase(name);
  });
  afterEach(() => database.drop());

  const run = (statement: string) => sql.raw(statement).execute(database.engine.kysely());
  const verify = async (...words: string[]) => {
    const { exit, stdout, stderr } = await cli(['db:verify', '-f', 'json', ...words], database.environment);
    return { exit, stderr, found: JSON.parse(stdout) };
  };

  test('that refers to ours is told with what its rule means, and is no difference', async () => {
    await run(
      'create table invoice (id int not null primary key, job_id bigint, foreign key (job_id) references job (id) on delete cascade)',
    );
    await run(
      'create table ticket (id int not null primary key, company_id bigint, foreign key (company_id) references company (id))',
    );
    const { exit, found } = await verify();
    expect([exit, found.differences]).toEqual([0, []]);
    expect(found.left_out.map((left: { table_name: string }) => left.table_name)).toEqual([
      'invoice',
      'ticket',
    ]);
    expect(found.outside_references).toMatchObject([
      {
        schema_name: null,
        table_name: 'invoice',
        columns: ['job_id'],
        target_table_name: 'job',
        on_delete: 'cascade',
      },
      {
        table_name: 'ticket',
        target_table_name: 'company',
        on_delete: expect.stringMatching(/no action|restrict/),
      },
    ]);
    const { stdout } = await cli(['db:verify'], database.environment);
    expect(stdout).toContain(
      'invoice (job_id) to job, on delete cascade: its rows are deleted together with ours',
    );
    expect(stdout).toMatch(
      /ticket \(company_id\) to company, .*: our rows that it refers to cannot be deleted/,
    );
  });

  testWhere(name !== 'sqlite')('of another schema that refers to ours is told with its schema', async () => {
    const { database: own } = database.settings as { database: string };
    const schema = name === 'postgresql' ? 'reports' : `${own}_reports`;
    await run(`create ${name === 'postgresql' ? 'schema' : 'database'} ${schema}`);
    try {
      const target = name === 'postgresql' ? 'public.job' : `${own}.job`;
      await run(
        `create table ${schema}.kept (id int not null primary key, job_id bigint, foreign key (job_id) references ${target} (id) on delete set null)`,
      );
      const { exit, found } = await verify();
      expect([exit, found.left_out]).toEqual([0, []]);
      expect(found.outside_references).toMatchObject([
        { schema_name: schema, table_name: 'kept', target_table_name: 'job', on_delete: 'set null' },
      ]);
    } finally {
      if (name === 'mysql' || name === 'mariadb') await administer(name, `drop database ${schema}`);
    }
  });

  test('of which nobody knows what it is is a difference, until it is excepted by name', async () => {
    await run('create table my_report (id int)');
    expect(await verify()).toMatchObject({ exit: 7, found: { difference_count: 1 } });
    expect((await cli(['db:verify'], database.environment)).stdout).toMatch(/^1 difference$/m);
    const { exit, stderr, found } = await verify('--except', 'my_report', '--except', 'my_repot');
    expect([exit, found.left_out, stderr]).toEqual([
      0,
      [{ table_name: 'my_report', reason: 'excepted' }],
      expect.stringContaining('There is no table my_repot'),
    ]);
  });

  test('of a known tool is named', async () => {
    for (const table of ['_litestream_seq', '_job_gho', '_artifacts_new', 'spatial_ref_sys'])
      await run(`create table ${table} (id int)`);
    await run('create table _other_gho (id int)');
    const { differences, leftOut } = await verifySchema(database.engine, MIGRATIONS);
    expect(differences.map(({ table }) => table)).toEqual(['_other_gho']);
    expect(Object.fromEntries(leftOut.map(({ table, reason }) => [table, reason]))).toEqual({
      _artifacts_new: expect.stringContaining('pt-online-schema-change'),
      _job_gho: expect.stringContaining('gh-ost'),
      _litestream_seq: 'of Litestream',
      spatial_ref_sys: 'of a spatial extension',
    });
  });

  testWhere(name === 'postgresql')(
    'of an extension, and one that inherits from ours, are named',
    async () => {
      await run('create table part_of_it (id int)');
      await run('alter extension plpgsql add table part_of_it');
      await run('create table old_entries () inherits (logger)');
      const { differences, leftOut } = await verifySchema(database.engine, MIGRATIONS);
      expect(differences).toEqual([]);
      expect(leftOut).toEqual([
        { table: 'old_entries', reason: 'a child of logger' },
        { table: 'part_of_it', reason: 'of the extension plpgsql' },
      ]);
      await run('alter extension plpgsql drop table part_of_it');
    },
  );

  testWhere(name === 'sqlite')('that is virtual stops nobody, also when its module is missing', async () => {
    await run('create virtual table notes using fts5(text)');
    await run("insert into notes values ('a note')");
    const { default: Sqlite } = await import('better-sqlite3');
    const other = new Sqlite((database.settings as { file: string }).file);
    other.unsafeMode(true);
    other.pragma('writable_schema = on');
    other.exec(`insert into sqlite_schema (type, name, tbl_name, rootpage, sql)
      values ('table', 'places', 'places', 0, 'CREATE VIRTUAL TABLE "places" USING no_such_module(x)')`);
    other.pragma('schema_version = 9999');
    other.close();
    const { exit, found } = await verify();
    expect([exit, found.differences]).toEqual([0, []]);
    expect(found.left_out).toEqual(
      expect.arrayContaining([
        { table_name: 'notes', reason: 'a virtual table (fts5)' },
        { table_name: 'notes_data', reason: 'kept by the virtual table notes (fts5)' },
        { table_name: 'places', reason: 'a virtual table (no_such_module)' },
      ]),
    );
    for (const words of [
      ['db:status'],
      ['db:size'],
      ['db:size', '--exact'],
      ['db:rollback', '-t', '20251130113650', '--yes'],
      ['db:migrate'],
      ['prune', '--jobs', '--older-than', '1d', '--yes'],
      ['db:reclaim'],
    ])
      expect(
        await cli(words, { ...database.environment, XDG_DATA_HOME: '/tmp' }),
        words.join(' '),
      ).toMatchObject({ exit: 0 });
  });
});
