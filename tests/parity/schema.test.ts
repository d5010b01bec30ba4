/** The schema is one schema: equal on all engines, equal to what the migrations say, and back again. */
import { afterAll, describe, expect, test } from 'vitest';
import type { CatalogTable, Engine } from '../../src/engines/index.ts';
import { expectedTables, LEDGER, MIGRATIONS, migrate, rollback, STEPS } from '../../src/migrations/index.ts';
import { describeEngines, ENGINE_NAMES, freshDatabase, isAvailable } from '../harness/engines.ts';

const run = { program: 'test', waitMs: 0 };
const bookkeeping = [LEDGER, STEPS, 'multiflexi_lock', 'multiflexi_lease'];
const found = new Map<string, unknown>();

describeEngines('the schema', (name) => {
  test('is what the migrations say, after up and after up, down to 0, up', async () => {
    const database = await freshDatabase(name);
    const engine = await database.open('create');
    try {
      await migrate(engine, run);
      const first = await normalised(engine);
      expect(first).toEqual(expectedTables(engine, MIGRATIONS));

      await rollback(engine, { ...run, target: '0' });
      expect((await engine.tableNames()).filter((table) => !bookkeeping.includes(table))).toEqual([]);

      await migrate(engine, run);
      expect(await normalised(engine)).toEqual(first);
      found.set(
        name,
        first.map((table) => ({
          ...table,
          comment: null,
          storage: null,
          // Only SQLite has CHECKs in the place of types.
          columns: table.columns.map((column) => ({ ...column, comment: null, check: null })),
        })),
      );
    } finally {
      await engine.close();
      await database.drop();
    }
  });

  test('has an index that begins with each foreign key', async () => {
    const database = await freshDatabase(name);
    const engine = await database.open('create');
    try {
      await migrate(engine, run);
      for (const table of await engine.introspect()) {
        const indexed = [table.primaryKey, ...table.indexes.map((index) => index.columns)].map(
          (columns) => columns[0],
        );
        for (const key of table.foreignKeys)
          expect(indexed, `${table.name}.${key.columns}`).toContain(key.columns[0]);
      }
    } finally {
      await engine.close();
      await database.drop();
    }
  });
});

describe('between the engines', () => {
  const others = ENGINE_NAMES.filter((name) => name !== 'sqlite' && isAvailable(name));
  test.runIf(isAvailable('sqlite'))('there is the one of sqlite to compare with', () => {
    expect(found.get('sqlite')).toBeDefined();
  });

  test.each(others)('the schema on %s is the one on sqlite', (name) => {
    expect(found.get(name)).toBeDefined();
    expect(found.get(name)).toEqual(found.get('sqlite'));
  });
  afterAll(() => found.clear());
});

async function normalised(engine: Engine) {
  const tables = (await engine.introspect()).filter((table) => !bookkeeping.includes(table.name));
  return tables.map(normalisedTable);
}

function normalisedTable(table: CatalogTable) {
  return {
    ...table,
    columns: table.columns.map(({ nativeType: _, generated: __, ...column }) => column),
    foreignKeys: table.foreignKeys.map(({ name: _, ...key }) => key),
  };
}
