/** The schema is one schema: equal on all engines, equal to what the migrations say, and back again. */
import { afterAll, describe, expect, test } from 'vitest';
import type { CatalogTable, Engine } from '../../src/engines/index.ts';
import { NOW, typeWord } from '../../src/engines/index.ts';
import {
  LEDGER,
  MIGRATIONS,
  migrate,
  modelOf,
  rollback,
  STEPS,
  type TableModel,
} from '../../src/migrations/index.ts';
import { describeEngines, ENGINE_NAMES, freshDatabase, isAvailable } from '../harness/engines.ts';

const run = { program: 'test', waitMs: 0 };
const bookkeeping = [LEDGER, STEPS, 'multiflexi_lock'];
const found = new Map<string, unknown>();

describeEngines('the schema', (name) => {
  test('is what the migrations say, after up and after up, down to 0, up', async () => {
    const database = await freshDatabase(name);
    const engine = await database.open('create');
    try {
      await migrate(engine, run);
      const first = await normalised(engine);
      expect(first).toEqual(expected(engine));

      await rollback(engine, { ...run, target: '0' });
      expect((await engine.tableNames()).filter((table) => !bookkeeping.includes(table))).toEqual([]);

      await migrate(engine, run);
      expect(await normalised(engine)).toEqual(first);
      found.set(
        name,
        first.map((table) => ({
          ...table,
          comment: null,
          columns: table.columns.map((column) => ({ ...column, comment: null })),
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
    columns: table.columns.map(({ nativeType: _, ...column }) => column),
    foreignKeys: table.foreignKeys.map(({ name: _, ...key }) => key),
  };
}

/** What introspection should find of the model, in the same words. */
function expected(engine: Engine) {
  return [...modelOf(MIGRATIONS).values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((table) => expectedTable(table, engine.capabilities.comments));
}

function expectedTable(table: TableModel, comments: boolean) {
  return {
    name: table.name,
    comment: comments ? table.comment : null,
    columns: table.columns.map((column) => ({
      name: column.name,
      type: typeWord(column.type),
      nullable: column.nullable,
      default: column.identity
        ? 'identity'
        : column.default === undefined
          ? null
          : column.default === NOW
            ? 'now'
            : JSON.stringify(column.default),
      comment: comments ? column.comment : null,
    })),
    primaryKey: [...table.primaryKey],
    indexes: table.indexes
      .map(({ name, columns, unique }) => ({ name, columns: [...columns], unique }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    foreignKeys: table.columns
      .flatMap(({ name, references }) =>
        references
          ? [
              {
                columns: [name],
                table: references.table,
                targetColumns: [references.column],
                onDelete: references.onDelete,
              },
            ]
          : [],
      )
      .sort((a, b) => (String(a.columns) < String(b.columns) ? -1 : 1)),
  };
}
