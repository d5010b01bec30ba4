import type { EngineName } from '../../engines/index.ts';
import type { Operation } from '../migration.ts';

export interface RowChange {
  /** What it does, in words: `fill job.priority`. */
  readonly summary: string;
  /** The table it writes to. */
  readonly table: string;
  /** One statement for all engines, or one for each where they cannot agree. */
  readonly statement: string | Readonly<Record<EngineName, string>>;
  /** Why the engines have statements of their own; without it, they may not. */
  readonly differs?: string;
  /** The tables whose number of rows it may change; without it, it is an UPDATE and may change none. */
  readonly counts?: readonly string[];
}

/** SQLite's `update or replace` deletes rows as well. */
export function isUpdate(statement: string): boolean {
  return /^\s*update\b(?!\s+or\b)/i.test(statement);
}

/** Changes rows by one statement, in a transaction on every engine; what it does not say it changes is counted. */
export function changeRows({ summary, table, statement, differs, counts }: RowChange): Operation {
  const each = typeof statement === 'string' ? [statement] : Object.values(statement);
  const updates = each.every(isUpdate);
  if (!updates && !counts?.includes(table))
    throw new Error(`${summary}: it is no UPDATE and does not say whose number of rows it changes`);
  if (each.some((text) => text.includes(';'))) throw new Error(`${summary}: it is more than one statement`);
  const onlyAdds = each.every((text) => isUpdate(text) || /^\s*insert\s+into\b/i.test(text));
  return {
    ...(onlyAdds ? {} : { deletesFrom: table }),
    ...(differs === undefined ? {} : { differs }),
    statements: (ddl) => [
      {
        sql: typeof statement === 'string' ? statement : statementFor(ddl.engine, statement),
        summary,
        effect: { kind: 'repeatable' },
        impact: { table, blocks: 'writes', work: 'reads all rows' },
        changesRows: counts ?? [],
      },
    ],
    model: (before) => before,
  };
}

function statementFor(engine: string, statements: Readonly<Record<string, string>>): string {
  const statement = statements[engine];
  if (statement === undefined) throw new Error(`no statement for ${engine}`);
  return statement;
}
