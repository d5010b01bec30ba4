import type { ColumnDefinition } from '../../engines/index.ts';
import type { Operation } from '../migration.ts';
import { changed } from '../model.ts';

/** Destroys the column with its values; the definition is the one it was added with. */
export function dropColumn(table: string, column: ColumnDefinition): Operation {
  return {
    uses: [table],
    destroys: { table, column: column.name },
    statements: (ddl) => ddl.dropColumn(table, column),
    model: (before) =>
      changed(before, table, (found) => ({
        ...found,
        columns: found.columns.filter(({ name }) => name !== column.name),
        indexes: found.indexes.filter((index) => !index.columns.includes(column.name)),
      })),
  };
}
