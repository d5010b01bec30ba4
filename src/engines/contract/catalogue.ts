/** The role of an engine that tells what is in the database, in words that mean the same on every engine. */

import type { Sight } from '../sight.ts';

export interface Catalogue {
  /** All tables of the database (of the current schema, on PostgreSQL), sorted by name; SQLite's virtual ones without columns. */
  introspect(): Promise<CatalogTable[]>;
  /** The names of {@link introspect}'s tables that hold rows: cheap, for guards that run before every command. */
  tableNames(): Promise<string[]>;
  /**
   * The schema of a table that statements mean by this name although it is none of {@link tableNames}, as it lies behind the
   * current schema; null where there is none, and where names have one place alone.
   */
  schemaBehind(table: string): Promise<string | null>;
  /** The names of views, materialized ones among them, sorted. */
  viewNames(): Promise<string[]>;
  /** The storage engine and collation that our tables have; null where tables have none. */
  readonly storage: string | null;
  /** Tables that the engine keeps in the database for itself; they may come at any time, and their rows are nobody's. */
  readonly ownTables: readonly string[];
  /**
   * Every foreign key that leads to a table of ours, directly or over tables of other schemas, as far as this account can
   * see.
   */
  references(): Promise<Reference[]>;
  /**
   * Foreign keys to tables of ours that {@link references} misses because this account may not see their tables, as the
   * storage engine tells them: on MySQL and MariaDB only with PROCESS; elsewhere every account sees all of them.
   */
  unseenReferences(): Promise<Sight<readonly UnseenReference[]>>;
  /** What acts when rows of these tables are deleted; on MySQL and MariaDB only what this account may see (TRIGGER). */
  deleteHooks(tables: readonly string[]): Promise<DeleteHook[]>;
  /** The same for rows that are written in any way; none of ours are among them, as we make none. */
  writeHooks(tables: readonly string[]): Promise<WriteHook[]>;
  /**
   * What acts on rows of other tables that are deleted, or lose a reference, by these foreign keys; none where the rules of foreign
   * keys let no trigger act.
   */
  cascadeHooks(references: readonly Reference[]): Promise<WriteHook[]>;
  /** Whether {@link deleteHooks} is all there is: an account without the privilege for it sees none. */
  seesDeleteHooks(): Promise<boolean>;
}

export interface UnseenReference {
  /** The table, with its database, as the storage engine writes it: `reports/job_note`. */
  readonly from: string;
  /** The table of ours. */
  readonly target: string;
}

export interface CatalogColumn {
  readonly name: string;
  /** The logical type (`string(64)`, `datetime`, …), or `other:` and the engine's own word. */
  readonly type: string;
  /** The engine's own word for the type. */
  readonly nativeType: string;
  readonly nullable: boolean;
  /** `now`, `identity`, a literal as JSON, `expression:` and the engine's own text, or null. */
  readonly default: string | null;
  /** What a CHECK asks of a value, where the engine keeps that as it was written; null where it does not, or has none. */
  readonly check: string | null;
  /** Computed from other columns or kept by the engine: it cannot be given a value. */
  readonly generated: boolean;
  readonly comment: string | null;
}

export interface CatalogIndex {
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique: boolean;
}

export interface CatalogForeignKey {
  readonly name: string | null;
  readonly columns: readonly string[];
  readonly table: string;
  readonly targetColumns: readonly string[];
  readonly onDelete: string;
}

export interface CatalogTable {
  readonly name: string;
  /** What has made it, in words, where the database knows: an extension, a virtual table. Such a table is nobody's drift. */
  readonly owner: string | null;
  readonly comment: string | null;
  /** Storage engine and collation, where a table has such; null elsewhere. */
  readonly storage: string | null;
  /** In the table's own order. */
  readonly columns: readonly CatalogColumn[];
  readonly primaryKey: readonly string[];
  /** Without the primary key's; sorted by name. */
  readonly indexes: readonly CatalogIndex[];
  /** Sorted by column. */
  readonly foreignKeys: readonly CatalogForeignKey[];
}

/** A foreign key of any table that this account can see, of other schemas too. */
export interface Reference {
  /** The schema (database, on MySQL and MariaDB) of the table that refers; null for the one that is ours. */
  readonly schema: string | null;
  readonly table: string;
  readonly columns: readonly string[];
  readonly targetSchema: string | null;
  readonly target: string;
  readonly targetColumns: readonly string[];
  /** `cascade`, `set null`, `set default`, `restrict` or `no action`. */
  readonly onDelete: string;
}

/** Something of the database that acts when rows of a table are written, and what it does nobody can count. */
export interface WriteHook {
  readonly kind: 'trigger' | 'rule';
  /** Of another schema with that; a partition's or another part's own name. */
  readonly table: string;
  readonly name: string;
}

/** One that acts when rows are deleted. */
export type DeleteHook = WriteHook;
