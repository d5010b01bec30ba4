/** What introspection found, in words that mean the same on every engine. */

export interface CatalogColumn {
  readonly name: string;
  /** The logical type (`string(64)`, `datetime`, …), or `other:` and the engine's own word. */
  readonly type: string;
  /** The engine's own word for the type. */
  readonly nativeType: string;
  readonly nullable: boolean;
  /** `now`, `identity`, a literal as JSON, `expression:` and the engine's own text, or null. */
  readonly default: string | null;
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
