import { indexName } from '../../engines/index.ts';
import type { Operation } from '../migration.ts';
import { changed } from '../model.ts';

/** Drops an index that is named after its table and columns; no value is lost. */
export function dropIndex(table: string, ...columns: readonly string[]): Operation {
  const index = { name: indexName(table, columns, false), table, columns, unique: false };
  return {
    uses: [table],
    statements: (ddl) => ddl.dropIndex(index),
    model: (before) =>
      changed(before, table, (found) => ({
        ...found,
        indexes: found.indexes.filter(({ name }) => name !== index.name),
      })),
  };
}
