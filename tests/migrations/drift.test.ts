/** db:verify finds what somebody changed by hand, says it, and its statements fix it. */
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findDrift, MIGRATIONS } from '../../src/migrations/index.ts';
import { cli } from '../harness/cli.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';

describeEngines('drift', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  beforeEach(async () => {
    database = await migratedDatabase(name);
  });
  afterEach(() => database.drop());

  const run = (statement: string) => sql.raw(statement).execute(database.engine.kysely());
  const quote = (identifier: string) =>
    name === 'mysql' || name === 'mariadb' ? `\`${identifier}\`` : `"${identifier}"`;
  const found = async () =>
    (await findDrift(database.engine, MIGRATIONS)).map(({ kind, what, table, name: item }) => [
      kind,
      what,
      table,
      item,
    ]);
  const verify = (...words: string[]) => cli(['db:verify', ...words], database.environment);

  test('is not found where nothing was changed', async () => {
    expect(await findDrift(database.engine, MIGRATIONS)).toEqual([]);
    expect(await verify()).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('matches the migrations'),
    });
  });

  test('of indexes is found, and the plan fixes it', async () => {
    const onTable = name === 'mysql' || name === 'mariadb' ? ' on job' : '';
    await run(`drop index ${quote('ix_job_status_DatCreate_id')}${onTable}`);
    await run('create index by_hand on token (start)');
    expect(await found()).toEqual([
      ['missing', 'index', 'job', 'ix_job_status_DatCreate_id'],
      ['extra', 'index', 'token', 'by_hand'],
    ]);
    const { exit, stdout } = await verify('--fix-plan');
    expect(exit).toBe(7);
    for (const line of stdout.split('\n').filter((text) => text.endsWith(';'))) await run(line.slice(0, -1));
    expect(await found()).toEqual([]);
  });

  test('of tables and columns is found, and what would destroy data is left to a person', async () => {
    await run('create table by_hand (id int)');
    await run('alter table company add column by_hand int');
    await run('drop table company_env');
    await run(`alter table ${quote('user')} drop column lastname`);
    expect(await found()).toEqual(
      expect.arrayContaining([
        ['extra', 'table', 'by_hand', null],
        ['extra', 'column', 'company', 'by_hand'],
        ['missing', 'table', 'company_env', null],
        ['missing', 'column', 'user', 'lastname'],
      ]),
    );
    expect(await found()).toHaveLength(4);
    const json = await verify('-f', 'json');
    const { differences } = JSON.parse(json.stdout) as {
      differences: { kind: string; what: string; fix: string[] }[];
    };
    expect(json.exit).toBe(7);
    expect(
      differences
        .filter(({ fix }) => fix.length === 0)
        .map(({ kind, what }) => `${kind} ${what}`)
        .sort(),
    ).toEqual(['extra column', 'extra table']);
    for (const statement of differences.flatMap(({ fix }) => fix)) await run(statement);
    // The column is at the end now, where it had its place: that is no difference.
    expect(await found()).toEqual([
      ['extra', 'column', 'company', 'by_hand'],
      ['extra', 'table', 'by_hand', null],
    ]);
  });

  test('of types, defaults, comments, foreign keys and storage is found, where the engine can change them', async () => {
    if (name === 'sqlite') return; // It can change none of them in place.
    const mysql = name !== 'postgresql';
    await run(
      mysql
        ? "alter table token modify token varchar(64) not null comment 'other words'"
        : 'alter table token alter column token type varchar(64)',
    );
    await run(`alter table run_template alter column delay set default 5`);
    await run(
      mysql
        ? 'alter table artifacts drop foreign key fk_artifacts_job_id'
        : 'alter table artifacts drop constraint fk_artifacts_job_id',
    );
    await run(
      mysql
        ? 'alter table company_env convert to character set latin1'
        : "comment on table company_env is 'other words'",
    );
    expect(await found()).toEqual(
      expect.arrayContaining([
        ['different', 'column', 'token', 'token'],
        ['different', 'column', 'run_template', 'delay'],
        ['missing', 'foreign key', 'artifacts', 'job_id'],
        ['different', mysql ? 'storage' : 'comment', 'company_env', null],
      ]),
    );
    expect((await verify()).stdout).toMatch(/string\(128\) not null\s+string\(64\) not null/);
  });

  test('of a column with a reference, and of tables that refer to each other, is fixed by the plan as it is printed', async () => {
    await run(
      name === 'mysql' || name === 'mariadb'
        ? 'alter table logger drop foreign key fk_logger_job_id'
        : 'select 1',
    );
    if (name === 'sqlite' || name === 'postgresql') await run('drop index ix_logger_job_id');
    await run('alter table logger drop column job_id');
    for (const table of ['artifacts', 'config_registry', 'app_to_company']) await run(`drop table ${table}`);
    const { exit, stdout } = await verify('--fix-plan');
    expect([exit, stdout]).toEqual([7, expect.not.stringContaining('to be decided')]);
    for (const line of stdout.split('\n').filter((text) => text.endsWith(';'))) await run(line.slice(0, -1));
    expect(await found()).toEqual([]);
  });

  test('of tables that need each other is fixed in the order in which they were made', async () => {
    for (const table of [
      'retention_hold',
      'retention_policy',
      'artifacts',
      'logger',
      'job',
      'config_registry',
      'app_to_company',
      'run_template',
      'applications',
    ])
      await run(`drop table ${table}`);
    const { stdout } = await verify('--fix-plan');
    for (const line of stdout.split('\n').filter((text) => text.endsWith(';'))) await run(line.slice(0, -1));
    expect(await found()).toEqual([]);
  });

  test('is not what a migration has made that the ledger takes for pending', async () => {
    expect((await cli(['db:rollback', '--fake', '-t', '20251130113650'], database.environment)).exit).toBe(0);
    // What retention has dropped is missing, of course.
    expect(await found()).toEqual([['missing', 'index', 'logger', 'ix_logger_company_id']]);
    expect((await cli(['db:migrate', '--fake'], database.environment)).exit).toBe(0);
    expect(await found()).toEqual([]);
  });

  test('is not what is pending: only applied migrations are compared', async () => {
    const pending = MIGRATIONS.filter(({ version }) => version > '20221123091933').length;
    expect((await cli(['db:rollback', '-t', '20221123091933', '--yes'], database.environment)).exit).toBe(0);
    expect(await verify()).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining(`${pending} migrations are pending`),
    });
  });
});
