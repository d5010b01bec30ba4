/**
 * The role of an engine that knows what may be wrong with a database beyond its schema: damage, counters, indexes, what
 * other programs left, and what of the server will make trouble. Nothing of it writes or waits for long, and nothing that
 * it tells holds a value of a row.
 */
import type { Kysely } from 'kysely';
import type { ColumnReference } from '../definition.ts';
import type { Sight } from '../sight.ts';

export interface Integrity {
  /**
   * Runs statements on a session of their own, and has the server end the one at hand when the signal aborts. Where
   * statements block the process ({@link Capabilities.statementsBlock}) the signal is heard between them.
   * @throws the signal's reason
   */
  endedBy<T>(signal: AbortSignal, work: (db: Kysely<unknown>) => Promise<T>): Promise<T>;
  /**
   * The engine's own checks of how the tables and their indexes lie on the disk; nothing is read yet. With `quick` only what
   * takes a bounded time.
   */
  structureChecks(
    db: Kysely<unknown>,
    tables: readonly string[],
    depth: 'quick' | 'full',
  ): Promise<StructureChecks>;
  /** The counters from which these tables' next ids come, one a column at most; reads no more than the end of an index. */
  idCounters(db: Kysely<unknown>, tables: readonly string[]): Promise<readonly IdCounter[]>;
  /** Every index of these tables, also what is no index to the catalogue, as an invalid one. */
  indexFacts(db: Kysely<unknown>, tables: readonly string[]): Promise<readonly IndexFacts[]>;
  /**
   * Indexes that nothing has read by since statistics began.
   * @param days how old these must be to say so @returns null where the engine keeps no such statistics
   */
  unusedIndexes(
    db: Kysely<unknown>,
    tables: readonly string[],
    days: number,
  ): Promise<Sight<readonly UnusedIndex[]> | null>;
  /** What programs that rebuild tables have left beside these tables when they were ended. */
  leftovers(db: Kysely<unknown>, tables: readonly string[]): Promise<Sight<readonly Trouble[]>>;
  /** What of the server will make trouble for this database. */
  conditions(db: Kysely<unknown>, limits: ConditionLimits): Promise<readonly Trouble[]>;
  /** The statement that gives a table the storage engine, character set and collation of ours; null where there are none. */
  restoreStorage(table: string): string | null;
  /** The statement that gives a table a foreign key of ours; null where a table is born with all that it can have. */
  restoreForeignKey(table: string, column: string, reference: ColumnReference): string | null;
}

/** Something that is wrong, or will be. */
export interface Trouble {
  /** What it is about, by names alone, so that it is known again. */
  readonly about: string;
  readonly severity: 'error' | 'warning' | 'note';
  readonly table: string | null;
  /** In sentences; never with a value of a row. */
  readonly message: string;
  /** The statement or command that fixes it; null where there is none. */
  readonly fix: string | null;
  /** Why it may be left; null where there is a fix. */
  readonly safeToLeave: string | null;
}

export interface StructureChecks {
  readonly steps: readonly StructureStep[];
  /** What is not checked. */
  readonly left: readonly { readonly why: string; readonly remedy: string | null }[];
}

export interface StructureStep {
  /** The table or file. */
  readonly what: string;
  run(db: Kysely<unknown>): Promise<readonly Trouble[]>;
}

export interface IdCounter {
  readonly table: string;
  readonly column: string;
  /** The id that the next row gets. */
  readonly next: bigint;
  /** The largest id of a row; null in an empty table. */
  readonly largest: bigint | null;
  /** The largest id that the column and its counter can hold. */
  readonly limit: bigint;
  /** The statement after which the next id follows the largest one. */
  readonly restart: string;
}

export interface IndexFacts {
  readonly table: string;
  readonly name: string;
  /** What it is ordered by, in a form that is the same exactly for the same order. */
  readonly keys: readonly string[];
  readonly unique: boolean;
  /** It belongs to a constraint, the primary key as well, and cannot be dropped alone. */
  readonly ofConstraint: boolean;
  /** An ordinary one: ordered, over all rows, and used by the planner. */
  readonly plain: boolean;
  /** It cannot be read by; null where it can. */
  readonly invalid: { readonly why: string; readonly fix: string } | null;
}

export interface UnusedIndex {
  readonly table: string;
  readonly name: string;
}

export interface ConditionLimits {
  /** Transactions since the oldest one that is not frozen, as a share of those that there can be. */
  readonly transactionIdShare: number;
  readonly preparedSeconds: number;
  /** Bytes of the log that a replica that is away makes the server keep. */
  readonly keptLogBytes: number;
}
