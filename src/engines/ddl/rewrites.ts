/** Tables brought from the words of an older release to those of now. */
import { sql } from 'kysely';
import type { DdlStatement } from '../contract/ddl.ts';
import type { ColumnDefinition } from '../definition.ts';
import { checkOf } from './column-text.ts';
import type { Compiler, Wording } from './dialect.ts';
import { ofFirstRelease } from './wording.ts';

export function rewriteChecks(
  compiler: Compiler,
  table: string,
  columns: readonly ColumnDefinition[],
): DdlStatement[] {
  const { db, dialect } = compiler;
  if (!dialect.editChecks) return [];
  const edits = columns.flatMap((column) => {
    const before = checkText(compiler, column, ofFirstRelease(dialect));
    const now = checkText(compiler, column, dialect);
    return before !== undefined && now !== undefined && before !== now ? [{ before, now }] : [];
  });
  if (edits.length === 0) return [];
  return [
    {
      sql: dialect.editChecks(table, edits).compile(db).sql,
      summary: `rewrite the checks of ${table}`,
      effect: { kind: 'repeatable' },
      impact: { table, blocks: 'writes', work: 'a moment' },
      editsSchema: true,
    },
  ];
}

export function rewriteRows({ db, dialect }: Compiler, table: string): DdlStatement[] {
  if (!dialect.rowFormat) return [];
  return [
    {
      sql: sql`alter table ${sql.table(table)} ${sql.raw(dialect.rowFormat)}`.compile(db).sql,
      summary: `write ${table} again in the ${dialect.rowFormat}`,
      effect: { kind: 'repeatable' },
      impact: { table, blocks: 'nothing', work: 'rewrites all rows' },
    },
  ];
}

export function writtenCheck({ db, dialect }: Compiler, column: ColumnDefinition): string | null {
  const { comparableCheck } = dialect;
  const check = comparableCheck && checkOf(column, dialect);
  return check ? comparableCheck(sql`${check}`.compile(db).sql) : null;
}

function checkText({ db }: Compiler, column: ColumnDefinition, wording: Wording): string | undefined {
  const check = checkOf(column, wording);
  return check && sql`check (${check})`.compile(db).sql;
}
