/** What the contract says of tables, transactions and sizes is so on every engine. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine, TableDefinition } from '../../src/engines/index.ts';
import { describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';

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

  test('have sizes that grow with their rows, biggest first', async () => {
    const small = await engine.sizes();
    const rows = Array.from({ length: 20_000 }, (_, index) => [`row ${index} ${'x'.repeat(150)}`]);
    await engine.bulkLoad({ table: 'ddl_parent', columns: ['name'], rows });
    if (engineName !== 'sqlite')
      await sql`analyze ${sql.raw(engineName === 'postgresql' ? '' : 'table')} ddl_parent`.execute(
        engine.kysely(),
      );
    const size = await engine.sizes();
    const [biggest] = size.tables;
    expect(biggest?.name).toBe('ddl_parent');
    expect(biggest?.dataBytes).toBeGreaterThan(20_000 * 150);
    expect(biggest?.dataBytes).toBeLessThan(20_000 * 150 * 4);
    expect(biggest?.totalBytes).toBe((biggest?.dataBytes ?? 0) + (biggest?.indexBytes ?? 0));
    expect(biggest?.rowsExact).toBe(!engine.capabilities.rowEstimates);
    expect(biggest?.rows).toBeGreaterThan(15_000);
    expect(biggest?.rows).toBeLessThan(25_000);
    expect(size.totalBytes).toBeGreaterThan(small.totalBytes);
    expect(size.tables.map((table) => table.totalBytes)).toEqual(
      size.tables.map((table) => table.totalBytes).sort((a, b) => b - a),
    );
  });

  test('show free space inside after a delete', async () => {
    await sql`delete from ddl_parent`.execute(engine.kysely<unknown>());
    if (engineName === 'postgresql') await sql`vacuum analyze ddl_parent`.execute(engine.kysely());
    const size = await engine.sizes();
    // InnoDB gives pages back to the table when its purge comes by: not at once, so it is only asked to tell a figure.
    if (engineName === 'mysql' || engineName === 'mariadb') expect(size.freeBytes).toBeGreaterThanOrEqual(0);
    else expect(size.freeBytes).toBeGreaterThan(engineName === 'sqlite' ? 1_000_000 : -1);
  });
});
