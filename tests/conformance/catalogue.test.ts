/** What the catalogue says of tables that refer to ours, of what acts on a deletion, and of columns that take no value. */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { expect } from 'vitest';
import type { Catalogue, ServerSettings } from '../../src/engines/index.ts';
import { administer } from '../harness/engines.ts';
import { asAccount, describeRole } from '../harness/role.ts';

describeRole<Catalogue>('catalogue', {
  introspect: async ({ engine, name, run }) => {
    await run(
      'create table cat_b (id bigint not null primary key, word varchar(10))',
      'create table cat_a (id bigint not null primary key, b_id bigint, foreign key (b_id) references cat_b (id) on delete cascade)',
      'create view cat_view as select id from cat_a',
    );
    const tables = await engine.introspect();
    expect(tables.map(({ name }) => name)).toEqual(['cat_a', 'cat_b']);
    expect(tables[0]).toMatchObject({
      owner: null,
      primaryKey: ['id'],
      columns: [
        { name: 'id', type: 'bigint', nullable: false, generated: false },
        { name: 'b_id', type: 'bigint', nullable: true },
      ],
      foreignKeys: [{ columns: ['b_id'], table: 'cat_b', targetColumns: ['id'], onDelete: 'cascade' }],
    });
    expect(tables[1]?.columns[1]).toMatchObject({ name: 'word', nullable: true });
    const stored = name === 'sqlite' ? 'virtual' : 'stored';
    await run(`alter table cat_b add column twice bigint generated always as (id * 2) ${stored}`);
    const columns = (await engine.introspect())[1]?.columns;
    expect(columns?.filter(({ generated }) => generated).map((column) => column.name)).toEqual(['twice']);
  },

  tableNames: async ({ engine, run }) => {
    expect(await engine.tableNames()).toEqual(['cat_a', 'cat_b']);
    await run('create table cat_c (id bigint not null primary key)');
    expect(await engine.tableNames()).toEqual(['cat_a', 'cat_b', 'cat_c']);
  },

  schemaBehind: async ({ engine, name, database, run }) => {
    expect(await engine.schemaBehind('cat_a')).toBeNull();
    if (name !== 'postgresql') return; // Elsewhere a name has one place alone.
    const { database: own } = database.settings as ServerSettings;
    await run('create schema cat_front', `alter database ${own} set search_path = cat_front, public`);
    const another = await database.open();
    expect([
      await another.tableNames(),
      await another.schemaBehind('cat_a'),
      await another.schemaBehind('no'),
    ]).toEqual([[], 'public', null]);
    await another.close();
    await run(`alter database ${own} reset search_path`, 'drop schema cat_front');
  },

  viewNames: async ({ engine, name, run }) => {
    expect(await engine.viewNames()).toEqual(['cat_view']);
    if (name === 'postgresql') {
      await run('create materialized view cat_stored as select id from cat_a');
      expect(await engine.viewNames()).toEqual(['cat_stored', 'cat_view']);
      await run('drop materialized view cat_stored');
    }
  },

  storage: async ({ engine, run }) => {
    const column = { name: 'id', type: { kind: 'bigint' }, comment: '', nullable: false } as const;
    const definition = { name: 'cat_ours', comment: '', primaryKey: ['id'], columns: [column] };
    for (const statement of engine.ddl.createTable(definition)) await run(statement.sql);
    const made = (await engine.introspect()).find(({ name }) => name === 'cat_ours');
    expect(made?.storage).toBe(engine.storage);
  },

  ownTables: async ({ engine }) => {
    const before = await engine.tableNames();
    await (await engine.lock({ name: 'catalogue', program: 'test', waitMs: 0 })).release();
    const after = await engine.tableNames();
    expect(after.filter((table) => !before.includes(table))).toEqual(engine.ownTables);
  },

  references: async ({ engine, name, run }) => {
    const own = { schema: null, targetSchema: null };
    const cascade = {
      table: 'cat_a',
      columns: ['b_id'],
      target: 'cat_b',
      targetColumns: ['id'],
      onDelete: 'cascade',
    };
    expect(await engine.references()).toEqual([{ ...own, ...cascade }]);
    await run(
      'create table cat_pair (x bigint not null, y bigint not null, primary key (x, y))',
      'create table cat_both (id bigint not null primary key, p bigint, q bigint, foreign key (p, q) references cat_pair (x, y))',
    );
    expect((await engine.references()).find(({ table }) => table === 'cat_both')).toMatchObject({
      columns: ['p', 'q'],
      target: 'cat_pair',
      targetColumns: ['x', 'y'],
    });
    expect((await engine.references()).find(({ table }) => table === 'cat_both')?.onDelete).toMatch(
      /^(no action|restrict)$/,
    );
    if (name === 'sqlite') return; // A file refers to no other.
    if (name === 'postgresql') {
      await run(
        'create table cat_sheet (id bigint not null, year int not null, primary key (id, year)) partition by list (year)',
        'create table cat_sheet_2026 partition of cat_sheet for values in (2026)',
        'create table cat_cell (id bigint primary key, sheet bigint, year int, foreign key (sheet, year) references cat_sheet_2026 (id, year))',
      );
      // What refers to a partition refers to its table.
      expect((await engine.references()).filter(({ table }) => table === 'cat_cell')).toMatchObject([
        { target: 'cat_sheet', columns: ['sheet', 'year'] },
      ]);
    }
    const other = `other_${randomBytes(5).toString('hex')}`;
    await run(`create schema ${other}`);
    const { rows } = await sql<{ own: string }>`
      select ${sql.raw(name === 'postgresql' ? 'current_schema()' : 'database()')} as own`.execute(
      engine.kysely<unknown>(),
    );
    await run(
      `create table ${other}.direct (id bigint not null primary key, b_id bigint, foreign key (b_id) references ${rows[0]?.own}.cat_b (id) on delete set null)`,
      `create table ${other}.indirect (id bigint not null primary key, d bigint, foreign key (d) references ${other}.direct (id) on delete cascade)`,
      `create table ${other}.alien (id bigint not null primary key, a bigint, foreign key (a) references ${other}.alien (id))`,
    );
    try {
      const outside = (await engine.references()).filter(({ schema }) => schema !== null);
      expect(outside).toEqual([
        {
          schema: other,
          table: 'direct',
          columns: ['b_id'],
          targetSchema: null,
          target: 'cat_b',
          targetColumns: ['id'],
          onDelete: 'set null',
        },
        {
          schema: other,
          table: 'indirect',
          columns: ['d'],
          targetSchema: other,
          target: 'direct',
          targetColumns: ['id'],
          onDelete: 'cascade',
        },
      ]);
    } finally {
      await run(`drop schema ${other}${name === 'postgresql' ? ' cascade' : ''}`);
    }
  },

  unseenReferences: async ({ engine, name, database: { settings } }) => {
    expect(await engine.unseenReferences()).toEqual({ visible: true, seen: [] });
    if (name !== 'mysql' && name !== 'mariadb') return; // Every account sees all of them.
    const elsewhere = `mf_unseen_${randomBytes(4).toString('hex')}`;
    const { database } = settings as ServerSettings;
    await administer(name, `create database ${elsewhere}`);
    try {
      await administer(
        name,
        `create table ${elsewhere}.note (id int primary key, a_id bigint, foreign key (a_id) references ${database}.cat_a (id) on delete cascade)`,
      );
      await asAccount(name, settings, 'all privileges', async (account, logInAgain) => {
        const user = `'r_${database}'@'%'`;
        expect(await account.unseenReferences()).toMatchObject({
          visible: false,
          remedy: `GRANT PROCESS ON *.* TO ${user}`,
        });
        await administer(name, `grant process on *.* to ${user}`);
        const seeing = await logInAgain();
        expect(await seeing.unseenReferences()).toEqual({
          visible: true,
          seen: [{ from: `${elsewhere}/note`, target: 'cat_a' }],
        });
        await administer(name, `grant select, references on ${elsewhere}.note to ${user}`);
        const all = await logInAgain();
        expect(await all.unseenReferences()).toEqual({ visible: true, seen: [] });
        expect((await all.references()).map(({ schema }) => schema)).toContain(elsewhere);
      });
      expect(await engine.unseenReferences()).toEqual({ visible: true, seen: [] });
    } finally {
      await administer(name, `drop database ${elsewhere}`);
    }
  },

  deleteHooks: async ({ engine, name, run }) => {
    if (name === 'postgresql')
      await run(
        'create function keep_row() returns trigger language plpgsql as $$ begin return old; end $$',
        'create trigger watched before delete on cat_a for each row execute function keep_row()',
        'create trigger unrelated before update on cat_a for each row execute function keep_row()',
        'create rule kept as on delete to cat_b do instead nothing',
      );
    else {
      const body = name === 'sqlite' ? 'begin select 1; end' : 'set @deleted = old.id';
      await run(
        `create trigger watched before delete on cat_a for each row ${body}`,
        `create trigger unrelated before update on cat_a for each row ${body}`,
      );
    }
    expect(await engine.deleteHooks(['cat_a', 'cat_b'])).toEqual([
      { kind: 'trigger', table: 'cat_a', name: 'watched' },
      ...(name === 'postgresql' ? [{ kind: 'rule', table: 'cat_b', name: 'kept' }] : []),
    ]);
    expect(await engine.deleteHooks(['cat_c'])).toEqual([]);
  },

  writeHooks: async ({ engine, name, run }) => {
    if (name === 'postgresql')
      await run(
        'create trigger at_insert before insert on cat_a for each row execute function keep_row()',
        'create rule doubled as on insert to cat_b do also nothing',
      );
    else
      await run(
        `create trigger at_insert before insert on cat_a for each row ${name === 'sqlite' ? 'begin select 1; end' : 'set @made = new.id'}`,
      );
    expect((await engine.writeHooks(['cat_a'])).map((hook) => hook.name)).toEqual([
      'at_insert',
      'unrelated',
      'watched',
    ]);
    expect((await engine.writeHooks(['cat_b'])).map((hook) => hook.name)).toEqual(
      name === 'postgresql' ? ['doubled', 'kept'] : [],
    );
  },

  cascadeHooks: async ({ engine, name, run }) => {
    const [reference] = (await engine.references()).filter(({ table }) => table === 'cat_a');
    if (!reference) throw new Error('cat_a refers to nothing');
    const on = async (onDelete: string) =>
      (await engine.cascadeHooks([{ ...reference, onDelete }])).map((hook) => `${hook.kind} ${hook.name}`);
    if (name === 'mysql' || name === 'mariadb') {
      // What the manuals say holds on this very server.
      await run(
        'insert into cat_b (id) values (71)',
        'insert into cat_a (id, b_id) values (71, 71)',
        'set @deleted = 0',
        'delete from cat_b where id = 71',
      );
      const { rows } = await sql<{ deleted: bigint | null }>`select @deleted as deleted`.execute(
        engine.kysely<unknown>(),
      );
      expect(Number(rows[0]?.deleted ?? 0)).toBe(0);
      expect([await on('cascade'), await on('set null')]).toEqual([[], []]);
      return;
    }
    expect([await on('cascade'), await on('set null')]).toEqual([['trigger watched'], ['trigger unrelated']]);
  },

  seesDeleteHooks: async ({ engine, name, database: { settings } }) => {
    expect(await engine.seesDeleteHooks()).toBe(true);
    if (name !== 'mysql' && name !== 'mariadb') return; // Every account sees all of them.
    const asked = (privileges: string) =>
      asAccount(name, settings, privileges, async (account) => [
        await account.seesDeleteHooks(),
        (await account.deleteHooks(['cat_a'])).length,
      ]);
    expect(await asked('select')).toEqual([false, 0]);
    expect(await asked('select, trigger')).toEqual([true, 1]);
  },
});
