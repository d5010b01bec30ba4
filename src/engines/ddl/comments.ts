/** Comments as statements of their own, on engines that take them in no other way. */
import { sql } from 'kysely';
import type { DdlStatement } from '../contract/ddl.ts';
import type { ColumnDefinition, TableDefinition } from '../definition.ts';
import { type Compiler, FREE } from './dialect.ts';
import { literal } from './literal.ts';

export function tableComments(compiler: Compiler, table: TableDefinition): DdlStatement[] {
  const { db, dialect } = compiler;
  if (dialect.comments !== 'statements') return [];
  return [
    {
      sql: sql`comment on table ${sql.table(table.name)} is ${literal(table.comment)}`.compile(db).sql,
      summary: `comment on ${table.name}`,
      effect: { kind: 'repeatable' },
      impact: { table: table.name, ...FREE },
    },
    ...table.columns.flatMap((column) => columnComment(compiler, table.name, column)),
  ];
}

export function columnComment(
  { db, dialect }: Compiler,
  table: string,
  column: ColumnDefinition,
): DdlStatement[] {
  if (dialect.comments !== 'statements') return [];
  const name = sql.ref(`${table}.${column.name}`);
  return [
    {
      sql: sql`comment on column ${name} is ${literal(column.comment)}`.compile(db).sql,
      summary: `comment on ${table}.${column.name}`,
      effect: { kind: 'repeatable' },
      impact: { table, ...FREE },
    },
  ];
}
