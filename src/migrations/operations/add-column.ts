import { type ColumnDefinition, indexName } from '../../engines/index.ts';
import type { Operation } from '../migration.ts';
import { changed } from '../model.ts';

/** Adds a column at the table's end; one that refers to another table comes with its foreign key and index. */
export function addColumn(table: string, column: ColumnDefinition): Operation {
  const columns = [column.name];
  const indexes = column.references
    ? [{ name: indexName(table, columns, false), table, columns, unique: false }]
    : [];
  return {
    uses: [table, ...(column.references ? [column.references.table] : [])],
    statements: (ddl) => ddl.addColumn(table, column),
    model: (before) =>
      changed(before, table, (found) => ({
        ...found,
        columns: [...found.columns, column],
        indexes: [...found.indexes, ...indexes],
      })),
  };
}
