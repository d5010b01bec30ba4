import type { SchemaVerification } from '../tasks/index.ts';

/** How the live schema differs from the one that the migrations make. */
export function verificationDocument({ differences, leftOut, outside }: SchemaVerification) {
  return {
    difference_count: differences.length,
    differences: differences.map(({ kind, what, table, name, expected, found, fix }) => ({
      kind,
      what,
      table_name: table,
      name,
      expected,
      found,
      fix: fix.map(({ sql }) => sql),
    })),
    left_out: leftOut.map(({ table, reason }) => ({ table_name: table, reason })),
    outside_references: outside.map((reference) => ({
      schema_name: reference.schema,
      table_name: reference.table,
      columns: reference.columns,
      target_table_name: reference.target,
      target_columns: reference.targetColumns,
      on_delete: reference.onDelete,
    })),
  };
}
