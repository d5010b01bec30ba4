import type { ColumnDefinition } from '../../engines/index.ts';
import type { Operation } from '../migration.ts';

/** @param comment what the table holds, for administrators; the columns in their order, `id` first. */
export function createTable(name: string, comment: string, columns: readonly ColumnDefinition[]): Operation {
  const primaryKey = columns.filter((column) => column.identity).map((column) => column.name);
  const table = { name, comment, columns, primaryKey };
  return {
    makes: name,
    uses: columns.flatMap(({ references }) => references?.table ?? []),
    statements: (ddl) => ddl.createTable(table),
    model: (before) => new Map(before).set(name, { ...table, indexes: [] }),
  };
}
