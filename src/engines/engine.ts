/**
 * The contract that every database engine keeps. It is the only thing the rest of the house knows of a
 * database: a difference between engines is a method or a named capability here, never a question for the
 * engine's name elsewhere. `tests/conformance` runs the whole of it against every engine.
 *
 * Values, the same on every engine: `bigint` columns are JavaScript bigint, `integer` number, `boolean`
 * boolean, `datetime` text `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, `json` JSON text, `binary` Buffer. `count(*)`
 * is a bigint. Every failure of a driver leaves the engine as a `MultiFlexiError`, without secrets.
 */
import type { Kysely, RawBuilder } from 'kysely';
import type { CatalogTable } from './catalog.ts';
import type { Ddl } from './ddl.ts';
import type { ReplicaWatch, WatchRequest } from './replication.ts';
import type { ReclaimRequest, ReclaimWork, SpaceUse } from './space.ts';

export type EngineName = 'sqlite' | 'mysql' | 'mariadb' | 'postgresql';

/**
 * How a database is opened. `inspect` never writes, and takes an SQLite file that does not exist for an
 * empty database; `change` wants the database to exist; `create` makes a new SQLite file (0600, WAL,
 * incremental auto-vacuum). Databases on a server are never created: that wants rights we do not ask for.
 */
export type Access = 'inspect' | 'change' | 'create';

export interface Capabilities {
  /** DDL can be rolled back, so that a migration is one transaction. */
  readonly transactionalDdl: boolean;
  /** The engine stores comments on tables and columns. */
  readonly comments: boolean;
  /** Row counts from the engine's own statistics cost nothing; without them they are counted. */
  readonly rowEstimates: boolean;
  /** DDL can never change how many rows a table has (SQLite's DROP TABLE deletes, and cascades). */
  readonly ddlKeepsRows: boolean;
  /** A text may hold bytes that are no UTF-8. */
  readonly anyBytesInText: boolean;
  /** SELECT … FOR UPDATE locks rows; without it a transaction of ours holds the whole database's write lock. */
  readonly rowLocks: boolean;
}

export interface Engine {
  readonly name: EngineName;
  /** Product and version, as in `MariaDB 10.11.14`. */
  readonly product: string;
  /** Where the database is, as an administrator would say it; never with a secret. */
  readonly where: string;
  readonly capabilities: Capabilities;
  /** The storage engine and collation that our tables have; null where tables have none. */
  readonly storage: string | null;
  /** SQL of the engine for table definitions; pure, runs nothing. */
  readonly ddl: Ddl;
  /** Typed queries over the one pool of this engine. */
  kysely<Tables>(): Kysely<Tables>;
  /** All tables of the database (of the current schema, on PostgreSQL), sorted by name. */
  introspect(): Promise<CatalogTable[]>;
  /** The names of {@link introspect}'s tables alone: cheap, for guards that run before every command. */
  tableNames(): Promise<string[]>;
  sizes(): Promise<DatabaseSize>;
  /** What the database takes and what is free in it, of these tables where space is of tables; reads no rows. */
  space(tables: readonly string[]): Promise<SpaceUse>;
  /** The work that gives free space back, which writes nothing yet; null where that is for a person to decide. */
  reclaim(request: ReclaimRequest): Promise<ReclaimWork | null>;
  /** A column as something that `octet_length` takes; `type` is its logical type in one word. */
  asText(column: string, type: string): RawBuilder<unknown>;
  /**
   * Takes the named lock of this database for this process, waiting at most `waitMs`. The engine frees it when
   * the process dies. @throws LOCKED with the holder and since when.
   */
  lock(request: LockRequest): Promise<Lock>;
  /**
   * Writes rows by the engine's fastest safe way, in transactions of bounded size; memory is bounded by bytes.
   * Rows already committed stay when a later one fails. @returns the number of rows written.
   */
  bulkLoad(load: BulkLoad): Promise<number>;
  /** Makes the next id of a table one that was never given, after rows with ids of their own were inserted. */
  catchUpIdentity(table: string): Promise<void>;
  /**
   * Runs work while no other session can write the table; statements of the work may use no other table.
   * @param db one session: a transaction where DDL has one, the lock's own elsewhere
   * @throws LOCK_TIMEOUT
   */
  exclusively<T>(db: Kysely<unknown>, table: string, work: () => Promise<T>): Promise<T>;
  /**
   * Rows whose foreign key leads nowhere, in words, the first few of them; only an engine that lets foreign keys be
   * switched off has such rows.
   */
  brokenReferences(db: Kysely<unknown>): Promise<readonly string[]>;
  /** @throws PERMISSION_DENIED unless this account may do what {@link exclusively} does: asked before anything begins */
  requireLockRight(table: string): Promise<void>;
  /**
   * A row's values as a JSON array without spaces, in the form of JSON.stringify: bigint beyond 2^53 as text, bytes in
   * base64, all else as the contract has it. Null where the client is as fast at that.
   */
  readonly jsonArray: ((columns: readonly JsonColumn[]) => RawBuilder<string>) | null;
  /** Whether a column of ids is among these, of which there may be thousands: the form that the engine reads fastest. */
  among(column: string, ids: readonly bigint[]): RawBuilder<boolean>;
  /** Copies that show whether rows are still what they were; null where row locks keep them so. */
  readonly rowCopies: RowCopies | null;
  /** How long a statement with its values may be, in bytes; null where nothing to speak of limits it. */
  largestStatement(): Promise<number | null>;
  /**
   * Sets the session up for work of many short transactions beside others.
   * @param durable whether each of them must outlive the machine's power, not only this process: where a file is
   * written directly, its disk is waited for then while nobody else can write
   */
  longWork(durable: boolean): Promise<LongWork>;
  /**
   * Begins to watch how far the servers that follow this one are behind.
   * @throws PERMISSION_DENIED when this account may not read that, SERVER_UNREACHABLE for a replica that is named and does
   * not answer, USAGE when there is nobody to watch or it is not said whom
   */
  watchReplicas(request: WatchRequest): Promise<ReplicaWatch>;
  /** Bytes free on the disk that the database's files lie on; null where this machine cannot know. */
  freeDisk(): Promise<number | null>;
  close(): Promise<void>;
}

export interface LockRequest {
  /** What is locked, as in `migrations`; one word. */
  readonly name: string;
  /** Who asks, as in `db:migrate`: what others are told while they wait. */
  readonly program: string;
  readonly waitMs: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

export interface LockHolder {
  readonly program: string;
  readonly host: string;
  readonly pid: number | null;
  /** ISO 8601, UTC; null when the engine does not tell. */
  readonly since: string | null;
}

export interface Lock {
  /** Aborts when the lock is lost, as with its connection: whoever holds it must stop before the next step. */
  readonly signal: AbortSignal;
  /**
   * Queries on the session that holds the lock: what runs there keeps the lock until the server has ended it,
   * even when this process is gone already. Its waits for locks of others are bounded to two seconds.
   */
  kysely<Tables>(): Kysely<Tables>;
  release(): Promise<void>;
}

export interface LongWork {
  /** Behind a transaction, and right before one, when no lock is held: writes back what has piled up. */
  pause(): Promise<void>;
  /**
   * Whether somebody else has written to the database since the last call; always false where writers do not wait for
   * each other as a whole.
   */
  othersWrote(): boolean;
  end(): Promise<void>;
}

export interface JsonColumn {
  readonly name: string;
  /** Its logical type in one word. */
  readonly type: string;
}

/** Rows of a table with the key `id`: those whose column is one of the ids. */
export interface CopiedRows {
  readonly table: string;
  readonly column: string;
  readonly ids: readonly bigint[];
}

export interface RowCopies {
  /** Copies the rows in place of those before, and reads them in the very state that was copied; keeps nobody waiting. */
  take(rows: readonly CopiedRows[], read: (db: Kysely<unknown>) => Promise<void>): Promise<void>;
  /** Whether these rows are just those that were copied, none more or less and none changed. @param db the transaction that asks */
  areCurrent(db: Kysely<unknown>, rows: readonly CopiedRows[]): Promise<boolean>;
}

export interface BulkLoad {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: Iterable<readonly BulkValue[]> | AsyncIterable<readonly BulkValue[]>;
  readonly onProgress?: (rows: number) => void;
}

export type BulkValue = string | number | bigint | boolean | Buffer | null;

export interface TableSize {
  readonly name: string;
  readonly rows: number;
  /** Whether `rows` was counted; otherwise it is the engine's estimate. */
  readonly rowsExact: boolean;
  readonly dataBytes: number;
  readonly indexBytes: number;
  readonly totalBytes: number;
  /** Bytes inside the table's own space that hold nothing now; null where the engine does not tell. */
  readonly freeBytes: number | null;
}

export interface DatabaseSize {
  /** Biggest first. */
  readonly tables: readonly TableSize[];
  /** All that the database takes, tables or not (SQLite: the file and its WAL). */
  readonly totalBytes: number;
  readonly freeBytes: number | null;
}
