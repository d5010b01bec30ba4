/** In what engines differ where tables are defined: all that the compiler of definitions is told of one. */
import type { ColumnDefinitionBuilder, Kysely, RawBuilder } from 'kysely';
import type { Impact } from '../contract/ddl.ts';
import type { ColumnDefinition, LogicalType } from '../definition.ts';

export interface DdlDialect {
  /** The engine's name, as the registry has it. */
  readonly engine: string;
  columnType(type: LogicalType): string;
  /** The type of the identity column; SQLite's must read exactly `integer`. */
  readonly identityType: string;
  identity(column: ColumnDefinitionBuilder): ColumnDefinitionBuilder;
  /** The default of a `datetime` column that takes the current instant in UTC. */
  readonly now: string;
  /** What the engine's own types leave unchecked. */
  check(column: ColumnDefinition): RawBuilder<boolean> | undefined;
  readonly comments: 'inline' | 'statements' | 'none';
  /** What ends a CREATE TABLE, as `engine = InnoDB`. */
  readonly tableOptions: string | undefined;
  /** Whether ADD COLUMN takes its reference along (SQLite can add it in no other way; MySQL before 9 ignores it there). */
  readonly referenceInAddColumn: boolean;
  /** Whether DROP COLUMN takes the column's index and foreign key along. */
  readonly dropColumnTakes: { readonly index: boolean; readonly foreignKey: boolean };
  /** Whether an index's name belongs to its table (MySQL) or to the schema. */
  readonly indexBelongsToTable: boolean;
  /**
   * Settings under which a foreign key is added without looking at the rows, where that saves a copy of the table: for
   * a column that has just been added and is empty.
   */
  readonly unchecked?: { readonly before: string; readonly after: string };
  /** The part of {@link DdlDialect.tableOptions} that an existing table can be given later. */
  readonly rowFormat?: string;
  /** What the first release said in other words: steps are known again by these. */
  readonly firstRelease?: Partial<Wording>;
  /** Where CHECKs are changed by editing the table's own text: the statement that does it. */
  readonly editChecks?: (table: string, edits: readonly TextEdit[]) => RawBuilder<unknown>;
  /** Where the engine keeps a CHECK as it was written: its text in the form in which two are compared. */
  readonly comparableCheck?: (text: string) => string;
  /** CREATE INDEX CONCURRENTLY: blocks nobody, but runs outside of transactions and can leave an invalid index. */
  readonly concurrentIndexes: boolean;
  /** What changes of a table with rows cost here. */
  readonly costs: {
    readonly addColumn: Cost;
    readonly dropColumn: Cost;
    readonly createIndex: Cost;
    readonly addForeignKey: Cost;
  };
}

/** In what a table can be put in other words. */
export type Wording = Pick<DdlDialect, 'check' | 'tableOptions'>;

export interface TextEdit {
  readonly before: string;
  readonly now: string;
}

export type Cost = Omit<Impact, 'table'>;

/** A table that nobody knows yet, and words about one, keep nobody waiting. */
export const FREE: Cost = { blocks: 'nothing', work: 'a moment' };
export const BRIEF: Cost = { blocks: 'everything', work: 'a moment' };

/** What every part of the compiler works with: Kysely, which runs nothing, and the engine's dialect. */
export interface Compiler {
  readonly db: Kysely<unknown>;
  readonly dialect: DdlDialect;
}
