/** What the contract says of tables and transactions is so on every engine. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine, SchemaChanges, TableDefinition } from '../../src/engines/index.ts';
import { describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';
import { ofFirstRelease } from '../harness/first-release.ts';
import { describeRole } from '../harness/role.ts';

const id = { name: 'id', type: { kind: 'bigint' }, comment: 'key', nullable: false, identity: true } as const;
const name_ = {
  name: 'name',
  type: { kind: 'string', length: 200 },
  comment: 'a name',
  nullable: true,
} as const;
const parent: TableDefinition = {
  name: 'ddl_parent',
  comment: 'parents',
  primaryKey: ['id'],
  columns: [id, name_],
};
const parentId = {
  name: 'parent_id',
  type: { kind: 'bigint' },
  comment: 'the parent',
  nullable: true,
  references: { table: 'ddl_parent', column: 'id', onDelete: 'cascade' },
} as const;
const child: TableDefinition = {
  name: 'ddl_child',
  comment: 'children',
  primaryKey: ['id'],
  columns: [id, parentId],
};
const added = {
  ...parentId,
  name: 'second_parent_id',
  references: { ...parentId.references, onDelete: 'set null' },
} as const;

describeEngines('tables', (engineName) => {
  let database: TestDatabase;
  let engine: Engine;

  beforeAll(async () => {
    database = await freshDatabase(engineName);
    engine = await database.open('create');
  });
  afterAll(async () => {
    await engine.close();
    await database.drop();
  });

  const run = async (statements: readonly { sql: string }[]) => {
    for (const statement of statements) await sql.raw(statement.sql).execute(engine.kysely());
  };
  const catalog = async (table: string) => (await engine.introspect()).find(({ name }) => name === table);

  test('are made, changed and dropped, and introspection follows', async () => {
    await run([...engine.ddl.createTable(parent), ...engine.ddl.createTable(child)]);
    await run(
      engine.ddl.createIndex(
        {
          name: 'ix_ddl_child_parent_id',
          table: 'ddl_child',
          columns: ['parent_id'],
          unique: false,
        },
        false,
      ),
    );
    const before = await catalog('ddl_child');
    expect(before?.foreignKeys).toMatchObject([
      { columns: ['parent_id'], table: 'ddl_parent', targetColumns: ['id'], onDelete: 'cascade' },
    ]);
    expect(before?.indexes).toEqual([
      { name: 'ix_ddl_child_parent_id', columns: ['parent_id'], unique: false },
    ]);

    await run(engine.ddl.addColumn('ddl_child', added));
    const after = await catalog('ddl_child');
    expect(after?.columns.at(-1)).toMatchObject({ name: 'second_parent_id', nullable: true, type: 'bigint' });
    expect(after?.foreignKeys.map((key) => [key.columns[0], key.onDelete])).toEqual([
      ['parent_id', 'cascade'],
      ['second_parent_id', 'set null'],
    ]);

    await run(engine.ddl.dropColumn('ddl_child', added));
    expect(await catalog('ddl_child')).toEqual(before);
  });

  test('enforce their foreign keys, on delete too', async () => {
    const db = engine.kysely<unknown>();
    await sql`insert into ddl_parent (id, name) values (900001, 'a'), (900002, 'b')`.execute(db);
    await sql`insert into ddl_child (parent_id) values (900001), (900001), (900002)`.execute(db);
    await expect(sql`insert into ddl_child (parent_id) values (99)`.execute(db)).rejects.toMatchObject({
      code: 'CONSTRAINT',
    });
    await sql`delete from ddl_parent where id = 900001`.execute(db);
    const { rows } = await sql<{ n: bigint }>`select count(*) as n from ddl_child`.execute(db);
    expect(rows).toEqual([{ n: 1n }]);
  });

  test('made in a transaction that is rolled back are gone, exactly where the engine says so', async () => {
    const made: TableDefinition = { ...parent, name: 'ddl_rolled_back' };
    const failing = engine
      .kysely<unknown>()
      .transaction()
      .execute(async (transaction) => {
        for (const statement of engine.ddl.createTable(made))
          await sql.raw(statement.sql).execute(transaction);
        throw new Error('roll back');
      });
    await expect(failing).rejects.toThrow('roll back');
    expect((await engine.tableNames()).includes('ddl_rolled_back')).toBe(
      !engine.capabilities.transactionalDdl,
    );
  });

  test('carry their comments, exactly where the engine says so', async () => {
    const table = await catalog('ddl_parent');
    expect([table?.comment, table?.columns[1]?.comment]).toEqual(
      engine.capabilities.comments ? ['parents', 'a name'] : [null, null],
    );
  });
});

describeRole<SchemaChanges>('schema changes', {
  ddl: async ({ engine, run }) => {
    const { ddl } = engine;
    expect(ddl.engine).toBe(engine.name);
    const index = { name: 'ix_ddl_parent_name', table: 'ddl_parent', columns: ['name'], unique: false };
    const send = (statements: readonly { sql: string }[]) => run(...statements.map((one) => one.sql));
    const made = async () => (await engine.introspect()).find(({ name }) => name === 'ddl_parent');
    await send(ddl.createTable(parent));
    await send(ddl.createIndex(index, true));
    const before = await made();
    expect(before?.indexes).toEqual([{ name: index.name, columns: ['name'], unique: false }]);
    expect(before?.columns.map(({ check }) => check)).toEqual(
      parent.columns.map((column) => ddl.writtenCheck(column)),
    );
    await send(ddl.rewriteRows('ddl_parent'));
    await send(ddl.addColumn('ddl_parent', { ...name_, name: 'second' }));
    await send(ddl.dropColumn('ddl_parent', { ...name_, name: 'second' }));
    expect(await made()).toEqual(before);
    await send(ddl.dropIndex(index));
    expect((await made())?.indexes).toEqual([]);
    await send(ddl.dropTable('ddl_parent'));
    expect(await made()).toBeUndefined();
  },

  editingSchema: async ({ engine }) => {
    const document = { name: 'data', type: { kind: 'json' }, comment: 'a document', nullable: true } as const;
    const table: TableDefinition = { ...parent, name: 'ddl_edited', columns: [id, document] };
    const first = ofFirstRelease(engine).ddl.createTable(table);
    for (const statement of first) await sql.raw(statement.sql).execute(engine.kysely());
    const edit = (statements: readonly { sql: string }[]) =>
      engine
        .kysely<unknown>()
        .transaction()
        .execute((db) =>
          engine.editingSchema(db, async () => {
            for (const statement of statements) await sql.raw(statement.sql).execute(db);
            return statements.length;
          }),
        );
    const check = async () =>
      (await engine.introspect()).find(({ name }) => name === table.name)?.columns[1]?.check;
    const rewrites = engine.ddl.rewriteChecks(table.name, table.columns);
    expect(await edit(rewrites)).toBe(rewrites.length);
    const now = await check();
    expect(now).toBe(engine.ddl.writtenCheck(document));
    // What is no schema fails before it is kept.
    const spoilt = rewrites.map(({ sql: text }) => ({
      sql: text.replace(/set sql = .* where/s, "set sql = 'no schema' where"),
    }));
    if (spoilt.length > 0) await expect(edit(spoilt)).rejects.toThrow();
    expect(await check()).toBe(now);
    await sql`insert into ddl_edited (data) values (null)`.execute(engine.kysely<unknown>());
  },
});
