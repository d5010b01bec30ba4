import type { Operation } from '../migration.ts';

/** Destroys the table with its rows; tables that refer to it must be dropped before. */
export function dropTable(table: string): Operation {
  return {
    destroys: { table },
    statements: (ddl) => ddl.dropTable(table),
    model: (before) => new Map([...before].filter(([name]) => name !== table)),
  };
}
