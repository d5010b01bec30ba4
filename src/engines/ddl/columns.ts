/** Columns added to a table that exists, and dropped again, with the index and the foreign key that belong to them. */
import type { DdlStatement } from '../contract/ddl.ts';
import {
  type ColumnDefinition,
  type ColumnReference,
  foreignKeyName,
  type IndexDefinition,
  indexName,
} from '../definition.ts';
import { columnBuild, columnType } from './column-text.ts';
import { columnComment } from './comments.ts';
import { BRIEF, type Compiler, type Wording } from './dialect.ts';
import { createIndex, dropIndex } from './indexes.ts';
import { inWords } from './wording.ts';

export function addColumn(compiler: Compiler, table: string, column: ColumnDefinition): DdlStatement[] {
  const { dialect } = compiler;
  const { references } = column;
  return [
    {
      ...inWords(dialect, (wording) => columnText(compiler, table, column, wording)),
      summary: `add column ${table}.${column.name}`,
      effect: { kind: 'column', table, column: column.name, present: true },
      impact: { table, ...dialect.costs.addColumn },
    },
    ...columnComment(compiler, table, column),
    ...(references ? createIndex(compiler, referenceIndex(table, column.name), true) : []),
    ...(references && !dialect.referenceInAddColumn
      ? [addForeignKey(compiler, table, column.name, references)]
      : []),
  ];
}

export function dropColumn(compiler: Compiler, table: string, column: ColumnDefinition): DdlStatement[] {
  const { db, dialect } = compiler;
  const statements: DdlStatement[] = [];
  if (column.references && !dialect.dropColumnTakes.foreignKey) {
    statements.push({
      sql: db.schema.alterTable(table).dropConstraint(foreignKeyName(table, column.name)).compile().sql,
      summary: `drop foreign key ${table}.${column.name}`,
      effect: { kind: 'foreignKey', table, column: column.name, present: false },
      impact: { table, ...BRIEF },
    });
  }
  if (column.references && !dialect.dropColumnTakes.index) {
    statements.push(...dropIndex(compiler, referenceIndex(table, column.name)));
  }
  statements.push({
    sql: db.schema.alterTable(table).dropColumn(column.name).compile().sql,
    summary: `drop column ${table}.${column.name}`,
    effect: { kind: 'column', table, column: column.name, present: false },
    impact: { table, ...dialect.costs.dropColumn },
  });
  return statements;
}

function columnText(
  { db, dialect }: Compiler,
  table: string,
  column: ColumnDefinition,
  wording: Wording,
): string {
  const { references } = column;
  const add = db.schema.alterTable(table).addColumn(column.name, columnType(dialect, column), (builder) => {
    const built = columnBuild(dialect, column, wording)(builder);
    return references && dialect.referenceInAddColumn
      ? built.references(`${references.table}.${references.column}`).onDelete(references.onDelete)
      : built;
  });
  return add.compile().sql;
}

/** To a column that has just been added, so that there is no value to check. */
function addForeignKey(
  { db, dialect }: Compiler,
  table: string,
  column: string,
  reference: ColumnReference,
): DdlStatement {
  return {
    sql: db.schema
      .alterTable(table)
      .addForeignKeyConstraint(foreignKeyName(table, column), [column], reference.table, [reference.column])
      .onDelete(reference.onDelete)
      .compile().sql,
    summary: `add foreign key ${table}.${column} to ${reference.table}`,
    effect: { kind: 'foreignKey', table, column, present: true },
    impact: { table, ...dialect.costs.addForeignKey },
    ...(dialect.unchecked ? { session: { ...dialect.unchecked, whileEmpty: column } } : {}),
  };
}

/** The index that every foreign key has: PostgreSQL and SQLite make none by themselves. */
function referenceIndex(table: string, column: string): IndexDefinition {
  return { name: indexName(table, [column], false), table, columns: [column], unique: false };
}
