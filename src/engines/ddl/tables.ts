/** Tables made and dropped. */
import { sql } from 'kysely';
import type { DdlStatement } from '../contract/ddl.ts';
import { foreignKeyName, type TableDefinition } from '../definition.ts';
import { columnBuild, columnType } from './column-text.ts';
import { tableComments } from './comments.ts';
import { BRIEF, type Compiler, FREE, type Wording } from './dialect.ts';
import { literal } from './literal.ts';
import { inWords } from './wording.ts';

export function createTable(compiler: Compiler, table: TableDefinition): DdlStatement[] {
  return [
    {
      ...inWords(compiler.dialect, (wording) => tableText(compiler, table, wording)),
      summary: `create table ${table.name}`,
      effect: { kind: 'table', table: table.name, present: true },
      impact: { table: table.name, ...FREE },
    },
    ...tableComments(compiler, table),
  ];
}

export function dropTable({ db }: Compiler, table: string): DdlStatement[] {
  return [
    {
      sql: db.schema.dropTable(table).compile().sql,
      summary: `drop table ${table}`,
      effect: { kind: 'table', table, present: false },
      impact: { table, ...BRIEF },
    },
  ];
}

function tableText({ db, dialect }: Compiler, table: TableDefinition, wording: Wording): string {
  let builder = db.schema.createTable(table.name);
  for (const column of table.columns)
    builder = builder.addColumn(
      column.name,
      columnType(dialect, column),
      columnBuild(dialect, column, wording),
    );
  if (!table.columns.some((column) => column.identity)) {
    builder = builder.addPrimaryKeyConstraint(`pk_${table.name}`, [...table.primaryKey] as never[]);
  }
  for (const { name, references } of table.columns) {
    if (!references) continue;
    builder = builder.addForeignKeyConstraint(
      foreignKeyName(table.name, name),
      [name] as never[],
      references.table,
      [references.column],
      (constraint) => constraint.onDelete(references.onDelete),
    );
  }
  if (wording.tableOptions) builder = builder.modifyEnd(sql.raw(wording.tableOptions));
  if (dialect.comments === 'inline') builder = builder.modifyEnd(sql`comment ${literal(table.comment)}`);
  return builder.compile().sql;
}
