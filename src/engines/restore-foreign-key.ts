/** A foreign key that is missing, as one statement. */
import type { Kysely } from 'kysely';
import { type ColumnReference, foreignKeyName } from './definition.ts';

export function restoreForeignKey(
  db: Kysely<unknown>,
  table: string,
  column: string,
  { table: target, column: targetColumn, onDelete }: ColumnReference,
): string {
  const name = foreignKeyName(table, column);
  const { sql } = db.schema
    .alterTable(table)
    .addForeignKeyConstraint(name, [column], target, [targetColumn])
    .onDelete(onDelete)
    .compile();
  return sql;
}
