import { type IndexDefinition, indexName } from '../../engines/index.ts';
import type { Operation } from '../migration.ts';
import { changed } from '../model.ts';

/** An index named after its table and columns. */
export function createIndex(table: string, ...columns: readonly string[]): Operation {
  return create({ name: indexName(table, columns, false), table, columns, unique: false });
}

/** A unique key named after its table and columns; rows with a NULL in it are never equal. */
export function createUniqueIndex(table: string, ...columns: readonly string[]): Operation {
  return create({ name: indexName(table, columns, true), table, columns, unique: true });
}

function create(index: IndexDefinition): Operation {
  return {
    uses: [index.table],
    statements: (ddl, made) => ddl.createIndex(index, !made.has(index.table)),
    model: (before) =>
      changed(before, index.table, (table) => ({ ...table, indexes: [...table.indexes, index] })),
  };
}
