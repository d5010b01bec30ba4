/** What is wrong is found, and is found no more once the fix that was told has been applied as it stands. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { checkDatabase } from '../../src/tasks/index.ts';
import { describeEngines, isAvailable, migratedDatabase, type TestDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { withoutForeignKeys } from '../harness/orphaned.ts';

type Migrated = TestDatabase & { readonly engine: Engine };

class Checked {
  readonly database: Migrated;
  readonly engine: Engine;

  constructor(database: Migrated) {
    this.database = database;
    this.engine = database.engine;
  }

  async run(...statements: readonly string[]): Promise<void> {
    for (const statement of statements) await sql.raw(statement).execute(this.engine.kysely<unknown>());
  }

  /** A job with so many artifacts. */
  async fill(artifacts: number): Promise<void> {
    await makeCompany(this.engine);
    await makeHistory(this.engine, [{ id: 1n, status: 'ok', minute: 0, artifacts, logs: 2 }], []);
    for (const table of await this.engine.tableNames()) await this.engine.catchUpIdentity(table);
  }

  async findings(quick = false) {
    const engine = await this.database.open('inspect');
    try {
      const check = await checkDatabase({ engine, program: 'test' }, { quick, timeoutMs: 60_000 });
      return check.findings;
    } finally {
      await engine.close();
    }
  }

  /** Nothing else is found, and nothing once it is fixed; twice, as a check must not change anything. */
  async expectFixed(id: string, inQuick: boolean, severity: 'error' | 'warning' | 'note' = 'warning') {
    const [found, ...others] = await this.findings();
    expect([found?.id, found?.severity, others]).toEqual([id, severity, []]);
    const quick = await this.findings(true);
    expect(quick.map((one) => one.id)).toEqual(inQuick ? [id] : []);
    expect(found?.fix).toEqual(expect.any(String));
    await this.run(...(found?.fix ?? '').split(';\n'));
    expect(await this.findings()).toEqual([]);
    expect(await this.findings(true)).toEqual([]);
    return found;
  }
}

describeEngines('a check', (name) => {
  let checked: Checked;
  beforeAll(async () => {
    checked = new Checked(await migratedDatabase(name));
    await checked.fill(2);
  });
  afterAll(() => checked.database.drop());

  const without = (statement: string) =>
    withoutForeignKeys(checked.engine, (db) => sql.raw(statement).execute(db));

  test('finds rows whose parent is missing, which should have been deleted with it', async () => {
    await without(
      "insert into artifacts (id, job_id, filename, content_type) values (900, 999, 'secret words', 'x')",
    );
    await checked.engine.catchUpIdentity('artifacts');
    const [found] = await checked.findings();
    expect(JSON.stringify(found)).not.toContain('secret words');
    expect(found?.message).toMatch(/900/);
    await checked.expectFixed('orphans:artifacts.job_id', true);
  });

  test('finds references to what is missing, which should have been set to null', async () => {
    await without('update job set launched_by = 777 where id = 1');
    await checked.expectFixed('orphans:job.launched_by', true);
    const { rows } = await sql`select launched_by from job`.execute(checked.engine.kysely<unknown>());
    expect(rows).toEqual([{ launched_by: null }]);
  });

  test('finds rows whose parent should never have been deleted', async () => {
    await without("insert into run_template (id, app_id, company_id, name) values (50, 888, 1, 'lost')");
    await checked.engine.catchUpIdentity('run_template');
    const found = await checked.expectFixed('orphans:run_template.app_id', true);
    expect(found?.message).toContain('restore it');
  });

  test('finds an index that is missing', async () => {
    const index = { name: 'ix_job_DatCreate_id', table: 'job', columns: [], unique: false };
    await checked.run(...checked.engine.ddl.dropIndex(index).map((one) => one.sql));
    await checked.expectFixed('indexes:job.ix_job_DatCreate_id', true);
  });

  test('finds an index that is there twice, and never tells to drop the one of the schema', async () => {
    await checked.run('create index a_second on artifacts (job_id)');
    const found = await checked.expectFixed('indexes:artifacts.a_second', true);
    expect(found?.message).toContain('redundant');
  });

  test('says of an index of somebody else that it may be left, which is nothing wrong', async () => {
    await checked.run('create index mine on run_template (delay, id)');
    const [found, ...others] = await checked.findings();
    expect([found?.severity, found?.fix, others]).toEqual(['note', null, []]);
    expect(found?.safeToLeave).toMatch(/keep it/);
    const drop = checked.engine.ddl.dropIndex({
      name: 'mine',
      table: 'run_template',
      columns: [],
      unique: false,
    });
    await checked.run(...drop.map((one) => one.sql));
  });

  test('finds a table that is missing', async () => {
    await checked.run('drop table token');
    await checked.expectFixed('schema:table:token', true, 'error');
  });

  test('finds what a change of a table by gh-ost has left', async () => {
    await checked.run('create table _job_gho (id bigint not null primary key)');
    await checked.expectFixed('leftovers:_job_gho', true);
  });

  test('says of a table of somebody else that it may be left', async () => {
    await checked.run('create table of_mine (id bigint not null primary key)');
    const [found, ...others] = await checked.findings();
    expect([found?.id, found?.severity, others]).toEqual(['schema:table:of_mine', 'note', []]);
    await checked.run('drop table of_mine');
  });

  test('finds a counter of ids that is near its end, though the rows are not', async () => {
    const end = '9000000000000000000';
    const jump: Readonly<Record<string, string>> = {
      sqlite: `update sqlite_sequence set seq = ${end} where name = 'artifacts'`,
      postgresql: `select setval(pg_get_serial_sequence('artifacts', 'id'), ${end})`,
      mysql: `alter table artifacts auto_increment = ${end}`,
      mariadb: `alter table artifacts auto_increment = ${end}`,
    };
    await checked.run(jump[name] ?? '');
    await checked.expectFixed('ids:artifacts.id', true);
  });

  test('finds ids of rows that are near their end, and says how many are left', async () => {
    await checked.run("insert into company (id, slug, name) values (9000000000000000000, 'last', 'Last')");
    await checked.engine.catchUpIdentity('company');
    const [found, ...others] = await checked.findings(true);
    expect([found?.id, found?.severity, found?.fix, others]).toEqual(['ids:company.id', 'warning', null, []]);
    expect(found?.safeToLeave).toMatch(/^\d{15,} ids are left\.$/);
    await checked.run('delete from company where id > 1000000');
    await checked.expectFixed('ids:company.id', true);
  });
});

for (const name of ['mysql', 'mariadb'] as const)
  describe.runIf(isAvailable(name))(`a check on ${name}`, () => {
    let checked: Checked;
    beforeAll(async () => {
      checked = new Checked(await migratedDatabase(name));
    });
    afterAll(() => checked.database.drop());

    test('finds another collation, of a table and of its columns', async () => {
      await checked.run(
        'alter table company_env convert to character set utf8mb4 collate utf8mb4_general_ci',
      );
      await checked.expectFixed('storage:company_env', true);
    });

    test('finds another character set of one column', async () => {
      const table = (await checked.engine.introspect()).find((one) => one.name === 'company_env');
      const comment = table?.columns.find((column) => column.name === 'value')?.comment;
      await checked.run(
        `alter table company_env modify value longtext character set latin1 null comment '${comment}'`,
      );
      await checked.expectFixed('storage:company_env', true);
    });

    test('finds a storage engine without transactions', async () => {
      await checked.run('alter table size_sample engine = MyISAM');
      await checked.expectFixed('storage:size_sample', true);
    });

    test('finds a foreign key that is missing', async () => {
      await checked.run('alter table artifacts drop foreign key fk_artifacts_job_id');
      await checked.expectFixed('schema:foreign-key:artifacts.job_id', true, 'error');
    });

    test('finds the triggers of pt-online-schema-change', async () => {
      await checked.run('create trigger pt_osc_x_job_del after delete on job for each row set @gone = 1');
      await checked.expectFixed('leftovers:job.pt_osc_x_job_del', true);
    });
  });

describe.runIf(isAvailable('postgresql'))('a check on postgresql', () => {
  let checked: Checked;
  beforeAll(async () => {
    checked = new Checked(await migratedDatabase('postgresql'));
    await checked.fill(40);
  });
  afterAll(() => checked.database.drop());

  const invalidate = (index: string) =>
    checked.run(`update pg_index set indisvalid = false where indexrelid = '"${index}"'::regclass`);

  test('finds an index of the schema that was left invalid', async () => {
    await invalidate('ix_job_DatCreate_id');
    const found = await checked.expectFixed('indexes:job.ix_job_DatCreate_id', true);
    expect(found?.message).toContain('invalid');
  });

  test.each(['ix_job_DatCreate_ccnew', 'ix_job_DatCreate_ccold1'])(
    'finds %s, which a REINDEX has left',
    async (index) => {
      await checked.run(`create index "${index}" on job ("DatCreate")`);
      await invalidate(index);
      const found = await checked.expectFixed(`indexes:job.${index}`, true);
      expect(found?.fix).toMatch(/^drop index concurrently/);
    },
  );

  test('does not take an index that is being built for one that was left', async () => {
    await checked.run('create index "built_ccnew" on job (id, "DatCreate")');
    await invalidate('built_ccnew');
    const builder = await checked.database.open();
    await builder
      .kysely<unknown>()
      .transaction()
      .execute(async (db) => {
        await sql`lock table job in share update exclusive mode`.execute(db);
        expect(await checked.findings(true)).toEqual([]);
      });
    await builder.close();
    await checked.expectFixed('indexes:job.built_ccnew', true);
  });

  test('finds a foreign key that is missing', async () => {
    await checked
      .run('alter table artifacts drop constraint fk_artifacts_job_id')
      .catch(() => checked.run('alter table artifacts drop constraint artifacts_job_id_fkey'));
    await checked.expectFixed('schema:foreign-key:artifacts.job_id', true, 'error');
  });

  test('finds a counter that is behind, by which the next row would fail', async () => {
    await checked.run("select setval(pg_get_serial_sequence('artifacts', 'id'), 3)");
    await checked.expectFixed('ids:artifacts.id', true, 'error');
  });

  test('finds what pg_repack has left', async () => {
    await checked.run(
      'create schema repack',
      `do $$ begin execute format('create table repack.log_%s (id bigint)', 'job'::regclass::oid); end $$`,
    );
    const { rows } = await sql<{ oid: number }>`select 'job'::regclass::oid::int as oid`.execute(
      checked.engine.kysely<unknown>(),
    );
    await checked.expectFixed(`leftovers:repack.log_${rows[0]?.oid}`, true);
    await checked.run(
      'create function nothing() returns trigger language plpgsql as $$ begin return new; end $$',
      'create trigger repack_trigger before insert on job for each row execute function nothing()',
    );
    await checked.expectFixed('leftovers:job.repack_trigger', true);
  });

  test('says that only amcheck would see damage of indexes, and finds that with it', async () => {
    const engine = await checked.database.open('inspect');
    const { unknown } = await checkDatabase({ engine, program: 'test' }, { quick: false, timeoutMs: 60_000 });
    await engine.close();
    const remedy = unknown.find(({ check }) => check === 'structure')?.remedy ?? '';
    expect(remedy).toBe('CREATE EXTENSION amcheck');
    await checked.run(remedy);
    expect(await checked.findings()).toEqual([]);
    // An index that is ordered by one rule, and read by another: what a new C library does to texts.
    await checked.run(
      'create function one_way(a bigint, b bigint) returns int language sql immutable as $$ select case when a < b then -1 when a > b then 1 else 0 end $$',
      `create operator class strange for type bigint using btree as operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >,
        function 1 one_way(bigint, bigint)`,
      'create index by_rule on artifacts (id strange)',
      'create or replace function one_way(a bigint, b bigint) returns int language sql immutable as $$ select case when a > b then -1 when a < b then 1 else 0 end $$',
    );
    const found = (await checked.findings()).find(({ check }) => check === 'structure');
    expect(found).toMatchObject({ id: 'structure:by_rule', severity: 'error', table: 'artifacts' });
    await checked.run(found?.fix ?? '');
    expect((await checked.findings()).filter(({ check }) => check === 'structure')).toEqual([]);
  });
});

describe.runIf(isAvailable('sqlite'))('a check on sqlite', () => {
  let checked: Checked;
  beforeAll(async () => {
    checked = new Checked(await migratedDatabase('sqlite'));
  });
  afterAll(() => checked.database.drop());

  test('finds an index that does not agree with its table', async () => {
    const { default: Sqlite } = await import('better-sqlite3');
    const file = checked.database.environment.DB_DATABASE ?? '';
    const direct = new Sqlite(file).unsafeMode(true);
    direct.exec("insert into company (slug, name) values ('a', 'A'), ('b', 'B')");
    const index = direct.prepare("select * from sqlite_schema where name = 'uq_company_slug'").get();
    // While the index is not known, a row is added.
    direct.pragma('writable_schema = on');
    direct.exec("delete from sqlite_schema where name = 'uq_company_slug'");
    direct.close();
    const blind = new Sqlite(file).unsafeMode(true);
    blind.exec("insert into company (slug, name) values ('c', 'C')");
    blind.pragma('writable_schema = on');
    const columns = 'type, name, tbl_name, rootpage, sql';
    blind
      .prepare(`insert into sqlite_schema (${columns}) values (@${columns.replaceAll(', ', ', @')})`)
      .run(index);
    blind.close();
    // The session of this test knows the schema from before.
    await checked.run('create table again (id integer)', 'drop table again');
    const [found] = await checked.findings();
    expect(found).toMatchObject({ id: 'structure:uq_company_slug', severity: 'error' });
    await checked.run(found?.fix ?? '');
    expect(await checked.findings()).toEqual([]);
  });

  test('finds references that lead nowhere in tables of somebody else', async () => {
    await checked.run(
      'create table of_mine (id integer primary key, company_id integer references company (id))',
    );
    await withoutForeignKeys(checked.engine, (db) => sql`insert into of_mine values (1, 12345)`.execute(db));
    const found = (await checked.findings()).find(({ check }) => check === 'structure');
    expect(found).toMatchObject({ id: 'structure:references:of_mine.0', severity: 'warning' });
    await checked.run(found?.fix ?? '', 'drop table of_mine');
    expect(await checked.findings()).toEqual([]);
  });
});

describeEngines('a check beside a session that holds a table', (name) => {
  if (name === 'sqlite') {
    test('reads it all the same, as readers never wait there', () => {});
    return;
  }
  let checked: Checked;
  beforeAll(async () => {
    checked = new Checked(await migratedDatabase(name));
  });
  afterAll(() => checked.database.drop());

  const HOLD = {
    postgresql: ['begin', 'lock table token in access exclusive mode', 'rollback'],
    mysql: ['do 1', 'lock tables token write', 'unlock tables'],
    mariadb: ['do 1', 'lock tables token write', 'unlock tables'],
  } as const;

  async function whileHeld<T>(work: () => Promise<T>): Promise<T> {
    const holder = await checked.database.open();
    try {
      return await holder
        .kysely<unknown>()
        .connection()
        .execute(async (db) => {
          const [begin, lock, end] = HOLD[name as keyof typeof HOLD];
          for (const statement of [begin, lock]) await sql.raw(statement).execute(db);
          try {
            return await work();
          } finally {
            await sql.raw(end).execute(db);
          }
        });
    } finally {
      await holder.close();
    }
  }

  test.each([
    ['gives up waiting for it', 60_000, /held a lock/],
    ['ends when its time is over', 700, /took longer than 0\.7 s/],
  ])('%s, and does all the others', async (_, timeoutMs, why) => {
    const engine = await checked.database.open('inspect');
    await checked.run('create index a_second on artifacts (job_id)');
    const { findings, unknown, checks } = await whileHeld(() =>
      checkDatabase({ engine, program: 'test' }, { quick: false, timeoutMs }),
    );
    const held = unknown.filter((one) => why.test(one.why)).map(({ check }) => check);
    expect(held).toContain('orphans');
    expect(checks).toHaveLength(9);
    expect(findings.map(({ id }) => id)).toContain('indexes:artifacts.a_second');
    // The sessions that were ended do their next work.
    await engine.close();
    await checked.run(...(findings.find(({ check }) => check === 'indexes')?.fix ?? '').split(';\n'));
    expect(await checked.findings()).toEqual([]);
  });

  test('ends at once when it is interrupted', async () => {
    const engine = await checked.database.open('inspect');
    const stop = new AbortController();
    const started = performance.now();
    await whileHeld(async () => {
      const checking = checkDatabase(
        {
          engine,
          program: 'test',
          signal: stop.signal,
          // The check of orphans waits for the table.
          onProgress: ({ done }) => {
            if (done === 5) setImmediate(() => stop.abort(new Error('interrupted')));
          },
        },
        { quick: false, timeoutMs: 60_000 },
      );
      await expect(checking).rejects.toThrow('interrupted');
    });
    expect(performance.now() - started).toBeLessThan(20_000);
    await engine.close();
  });
});
