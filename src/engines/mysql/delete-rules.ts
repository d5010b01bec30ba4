/**
 * What foreign keys do when the row that they refer to is deleted. `key_column_usage` does not tell, and joined by the
 * server with the view that does, both are read for every row of the other: with 300 foreign keys MariaDB takes 0.2 s.
 * So each is read once, and as little of it as a constant schema and table let the server open.
 * Source: https://mariadb.com/kb/en/optimizing-queries-on-information_schema/ (in MySQL: a view on indexed tables)
 */
import { type Kysely, type RawBuilder, sql } from 'kysely';
import { isOwnDatabase } from './own-database.ts';

export interface DeleteRules {
  of(table: string, constraint: string): string;
}

export function ownDeleteRules(db: Kysely<unknown>): Promise<DeleteRules> {
  return deleteRules(db, isOwnDatabase('constraint_schema'));
}

/** Of one table of another database. */
export function deleteRulesOf(db: Kysely<unknown>, schema: string, table: string): Promise<DeleteRules> {
  return deleteRules(db, sql<boolean>`constraint_schema = ${schema} and table_name = ${table}`, schema);
}

/** @param schema where the condition lets others pass: MariaDB compares names without case and accents */
async function deleteRules(
  db: Kysely<unknown>,
  which: RawBuilder<boolean>,
  schema?: string,
): Promise<DeleteRules> {
  const { rows } = await sql<{ schema_: string; table_: string; name: string; rule: string }>`
    select constraint_schema as schema_, table_name as table_, constraint_name as name, delete_rule as rule
    from information_schema.referential_constraints where ${which}`.execute(db);
  const rules = new Map(
    rows
      .filter((row) => schema === undefined || row.schema_ === schema)
      .map(({ table_, name, rule }) => [key(table_, name), rule.toLowerCase()]),
  );
  return { of: (table, constraint) => rules.get(key(table, constraint)) ?? '' };
}

/** A name may have any character in it. */
function key(table: string, constraint: string): string {
  return JSON.stringify([table, constraint]);
}
