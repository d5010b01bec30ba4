/**
 * The role of an engine that makes and changes tables.
 *
 * Every method of {@link Ddl} returns single statements, because MySQL and MariaDB commit each of them at once: a
 * statement is the smallest thing that can be recorded, recognised ({@link Effect}) and resumed.
 */
import type { Kysely } from 'kysely';
import type { ColumnDefinition, IndexDefinition, TableDefinition } from '../definition.ts';

export interface SchemaChanges {
  /** SQL of the engine for table definitions; pure, runs nothing. */
  readonly ddl: Ddl;
  /**
   * Runs work that writes the schema's own text, in the transaction of `db`: what is no schema fails there. Only an
   * engine with {@link Ddl.rewriteChecks} has such work.
   */
  editingSchema<T>(db: Kysely<unknown>, work: () => Promise<T>): Promise<T>;
}

/** How introspection can tell that a statement has taken effect. */
export type Effect =
  | { readonly kind: 'table'; readonly table: string; readonly present: boolean }
  | { readonly kind: 'column'; readonly table: string; readonly column: string; readonly present: boolean }
  | { readonly kind: 'index'; readonly table: string; readonly index: string; readonly present: boolean }
  | {
      readonly kind: 'foreignKey';
      readonly table: string;
      readonly column: string;
      readonly present: boolean;
    }
  /** Running it again changes nothing, as with a comment. */
  | { readonly kind: 'repeatable' };

export interface DdlStatement {
  readonly sql: string;
  /** What it does, in words: `create table job`. */
  readonly summary: string;
  readonly effect: Effect;
  readonly impact: Impact;
  /**
   * It changes rows, not the schema, and so runs in a transaction on every engine: the tables whose number of rows it
   * may change.
   */
  readonly changesRows?: readonly string[];
  /** Settings of the session under which it is quicker, and their end; only while the column has no value yet. */
  readonly session?: { readonly before: string; readonly after: string; readonly whileEmpty: string };
  /** It cannot run in a transaction. */
  readonly alone?: true;
  /** Clears away what a failed try may have left, before it is tried again. */
  readonly clearing?: string;
  /** It writes the schema's own text, which takes {@link SchemaChanges.editingSchema}. */
  readonly editsSchema?: true;
  /**
   * The text by which ledgers know this step, where a release since has changed words that make no other table of it:
   * that of the first release. Without it, its own.
   */
  readonly knownAs?: string;
}

/** What a statement does to others while it runs. */
export interface Impact {
  readonly table: string;
  /** What waits until it is done: nothing, who writes the table, or everybody who uses it. */
  readonly blocks: 'nothing' | 'writes' | 'everything';
  /** Whether its time is that of a moment, of reading all rows, or of writing them all again. */
  readonly work: 'a moment' | 'reads all rows' | 'rewrites all rows';
}

export interface Ddl {
  /** The engine's name, as the registry has it. */
  readonly engine: string;
  createTable(table: TableDefinition): DdlStatement[];
  dropTable(table: string): DdlStatement[];
  /** The column comes last in the table; with `references` come its index and foreign key. */
  addColumn(table: string, column: ColumnDefinition): DdlStatement[];
  /** The reverse of {@link Ddl.addColumn}, index and foreign key included. */
  dropColumn(table: string, column: ColumnDefinition): DdlStatement[];
  /** @param filled whether the table may have rows and users: then the engine's gentlest way is taken */
  createIndex(index: IndexDefinition, filled: boolean): DdlStatement[];
  dropIndex(index: IndexDefinition): DdlStatement[];
  /** Makes the CHECKs of these columns read as they do in a table made now; none where they always have. */
  rewriteChecks(table: string, columns: readonly ColumnDefinition[]): DdlStatement[];
  /** Writes a table again in the row format that its definition names; none where engines know no such thing. */
  rewriteRows(table: string): DdlStatement[];
  /** The CHECK of a column as introspection finds it; null where the engine does not keep it as it was written. */
  writtenCheck(column: ColumnDefinition): string | null;
}
