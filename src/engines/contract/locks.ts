/** The role of an engine that keeps others out: locks of a name, and the lock of a table. */
import type { Kysely, RawBuilder } from 'kysely';
import type { Sight } from '../sight.ts';

export interface Locks {
  /**
   * Takes the named lock of this database for this process, waiting at most `waitMs`. The engine frees it when
   * the process dies. @throws LOCKED with the holder and since when.
   */
  lock(request: LockRequest): Promise<Lock>;
  /**
   * Runs work while no other session can write the table; statements of the work may use no other table.
   * @param db one session: a transaction where DDL has one, the lock's own elsewhere
   * @throws LOCK_TIMEOUT
   */
  exclusively<T>(db: Kysely<unknown>, table: string, work: () => Promise<T>): Promise<T>;
  /**
   * Keeps every other session from writing to these tables, until it is released or its session ends, as with this process.
   * Others read on; whoever wants to write waits, or is refused as by any lock. A transaction that has written to one of
   * them is waited for. On a cluster that takes writes on other nodes ({@link locksReachAllWriters}) these go on there.
   * What is returned has a session that may read these tables alone.
   * @throws LOCK_TIMEOUT, PERMISSION_DENIED, the signal's reason
   */
  holdWriters(request: HeldTables): Promise<Lock>;
  /** @throws PERMISSION_DENIED unless this account may do what {@link exclusively} does: asked before anything begins */
  requireLockRight(table: string): Promise<void>;
  /**
   * Whether named locks and locks of rows keep out everybody who can write to this database. Not on a node of a cluster that
   * takes writes on other nodes too: there a lock is local to its node, and only rows that are written conflict.
   */
  locksReachAllWriters(): Promise<boolean>;
  /**
   * What a SELECT of a transaction ends with, so that nobody else changes the rows that it finds before the transaction has
   * ended; other sessions may read them in the same way.
   */
  readonly shareLock: RawBuilder<unknown>;
  /**
   * From now on the server rolls a transaction back, and ends its session, when its client leaves it alone for so long: a
   * process that is frozen must not keep its locks for ever. For this transaction at least; on MySQL and MariaDB it stays
   * with the session, and MySQL ends it without a transaction as well. A file has no server: there it does nothing.
   * @param db the transaction @param milliseconds rounded up to seconds where the server counts in these
   */
  endWhenIdle(db: Kysely<unknown>, milliseconds: number): Promise<void>;
  /**
   * Who waits just now for a row or a table that a session of this engine has locked. Holds nothing up: it may ask for one
   * connection, and on MySQL and MariaDB the server ends the question after a second.
   * @returns null where nobody can look while a lock is held: all writers wait for each other there
   */
  waiters(): Promise<Sight<LockWaiters> | null>;
}

/** Other sessions that wait for a lock of ours; sessions of ours that wait for each other do not count. */
export interface LockWaiters {
  readonly sessions: number;
  /** One of them, as in `connection 12 (user multiflexi at 10.0.0.7)`; null where there is none. */
  readonly whose: string | null;
}

export interface LockRequest {
  /** What is locked, as in `migrations`; one word. */
  readonly name: string;
  /** Who asks, as it is told to others while they wait. */
  readonly program: string;
  readonly waitMs: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal | undefined;
}

export interface HeldTables {
  readonly tables: readonly string[];
  /** Tried again and again for so long, so that nobody queues up behind it for more than two seconds. */
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
  /** The statement that ends its session on a server. */
  readonly endedBy?: string | undefined;
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
