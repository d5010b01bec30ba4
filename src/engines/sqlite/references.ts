/** References that lead nowhere: SQLite lets in what is written while foreign keys are switched off. */
import { type Kysely, sql } from 'kysely';

const NAMED = 10;

/** Reads every table that has a foreign key. Source: https://www.sqlite.org/pragma.html#pragma_foreign_key_check */
export async function brokenReferences(db: Kysely<unknown>): Promise<string[]> {
  const { rows } = await sql<{ table: string; rowid: bigint | null; parent: string }>`
    select "table", rowid, parent from pragma_foreign_key_check limit ${sql.lit(NAMED)}`.execute(db);
  return rows.map(
    ({ table, rowid, parent }) =>
      `row ${rowid ?? '?'} of ${table} refers to a row of ${parent} that is not there`,
  );
}
