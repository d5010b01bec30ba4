/**
 * Changing a table's CHECKs without touching its rows. SQLite's own way for changes that no row's bytes depend on: the
 * text of the table is edited within a transaction, so that a process that dies leaves the old one. Writing the table
 * again instead takes its size once more on the disk and keeps all writers waiting meanwhile.
 * Source: https://www.sqlite.org/lang_altertable.html ("Making Other Kinds Of Table Schema Changes")
 */
import type Database from 'better-sqlite3';
import { type Kysely, sql } from 'kysely';

/** @param db a transaction of this database */
export async function editingSchema<T>(
  database: Database.Database,
  db: Kysely<unknown>,
  work: () => Promise<T>,
): Promise<T> {
  // The driver opens databases in SQLite's defensive mode, in which both pragmas do nothing.
  database.unsafeMode(true);
  try {
    await sql`pragma writable_schema = on`.execute(db);
    const result = await work();
    // Other connections read the schema again when this number is another one.
    const version = Number(database.pragma('schema_version', { simple: true }));
    await sql`pragma schema_version = ${sql.lit(version + 1)}`.execute(db);
    // Reads the schema again: a text that is none fails here, and the transaction with it.
    await sql`pragma writable_schema = reset`.execute(db);
    await sql`select count(*) from sqlite_schema`.execute(db);
    return result;
  } finally {
    database.pragma('writable_schema = off');
    database.unsafeMode(false);
  }
}
