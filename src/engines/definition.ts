/**
 * The words in which a table is described, before any engine turns them into SQL. Migrations are written in
 * them, and introspection reports in them what it found, so that four engines can be compared.
 */

/** A column's type as we mean it; each engine's `types.ts` says what it becomes there. */
export type LogicalType =
  | { readonly kind: 'bigint' }
  | { readonly kind: 'integer' }
  | { readonly kind: 'boolean' }
  /** At most `length` characters (Unicode code points), enforced by every engine. */
  | { readonly kind: 'string'; readonly length: number }
  | { readonly kind: 'text' }
  /** Valid JSON, enforced by every engine; read as text. */
  | { readonly kind: 'json' }
  /** An instant in UTC with microseconds; read and written as `YYYY-MM-DD HH:MM:SS.ffffff`. */
  | { readonly kind: 'datetime' }
  | { readonly kind: 'binary' };

/** The current instant in UTC, whatever the session's time zone is. */
export const NOW = Symbol.for('multiflexi.now');
export type DefaultValue = string | number | boolean | typeof NOW;

export interface ColumnDefinition {
  readonly name: string;
  readonly type: LogicalType;
  /** What an administrator should know of it; stored in the database where the engine has comments. */
  readonly comment: string;
  readonly nullable: boolean;
  readonly default?: DefaultValue;
  /** The 64-bit key that the engine counts up; at most one a table, and then its primary key. */
  readonly identity?: true;
  /** The only values allowed. */
  readonly oneOf?: readonly string[];
  readonly references?: ColumnReference;
}

export type OnDelete = 'cascade' | 'restrict' | 'set null';

export interface ColumnReference {
  readonly table: string;
  readonly column: string;
  readonly onDelete: OnDelete;
}

export interface IndexDefinition {
  readonly name: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly unique: boolean;
}

export interface TableDefinition {
  readonly name: string;
  readonly comment: string;
  readonly columns: readonly ColumnDefinition[];
  readonly primaryKey: readonly string[];
}

/** `string(64)`, `bigint`, …: the type in one word, for comparing and for documents. */
export function typeWord(type: LogicalType): string {
  return type.kind === 'string' ? `string(${type.length})` : type.kind;
}

export function foreignKeyName(table: string, column: string): string {
  return `fk_${table}_${column}`;
}

export function indexName(table: string, columns: readonly string[], unique: boolean): string {
  return `${unique ? 'uq' : 'ix'}_${table}_${columns.join('_')}`;
}
