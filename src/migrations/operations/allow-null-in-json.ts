import { json, nullable } from '../columns.ts';
import type { Operation } from '../migration.ts';
import { nothing } from './nothing.ts';

/**
 * Makes the CHECK of nullable JSON columns take NULL on every release of SQLite; tables made since have it so already.
 * On servers the type itself checks.
 */
export function allowNullInJson(columns: Readonly<Record<string, string>>): Operation {
  const fixed = Object.entries(columns).map(([table, column]) => ({ table, column }));
  return {
    differs: 'only SQLite has JSON as a text with a CHECK',
    fixes: fixed,
    statements: (ddl, made) => {
      const statements = fixed.flatMap(({ table, column }) =>
        ddl.rewriteChecks(table, [nullable(json(column, ''))]),
      );
      return statements.length > 0 ? statements : nothing('the checks of JSON').statements(ddl, made);
    },
    model: (before) => before,
  };
}
