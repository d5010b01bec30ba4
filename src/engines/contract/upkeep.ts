/** The role of an engine that is kept fit: what the database takes on the disk, what of that is free, and how to get it. */
import type { Kysely } from 'kysely';
import type { Action } from '../../next-step.ts';
import type { Sight } from '../sight.ts';
import type { DatabaseSize, SizeDepth } from '../sizes.ts';

export interface Upkeep {
  /**
   * A table that somebody holds or waits for exclusively is left out as busy, and never waited for longer than a second.
   * @param depth `full` unless specified
   */
  sizes(depth?: SizeDepth): Promise<DatabaseSize>;
  /** What the database takes and what is free in it, of these tables where space is of tables; reads no rows. */
  space(tables: readonly string[]): Promise<SpaceUse>;
  /** The work that gives free space back, which writes nothing yet; null where that is for a person to decide. */
  reclaim(request: ReclaimRequest): Promise<ReclaimWork | null>;
  /**
   * How far the planner's statistics of these tables are behind, by the engine's own count and rule; reads no rows. Tables
   * that are not there are left out.
   */
  statistics(tables: readonly string[]): Promise<readonly TableStatistics[]>;
  /**
   * Makes the planner's statistics of a table anew, from a sample of its rows. Others read and write meanwhile. Replicas
   * are not made to repeat it where that can be avoided: they would do so while changes wait.
   * @param signal ends it, where the engine can; statistics are then what they were
   * @throws PERMISSION_DENIED, LOCK_TIMEOUT, the signal's reason
   */
  analyze(table: string, signal?: AbortSignal): Promise<void>;
  /**
   * How this server writes tables anew so that their free space goes back to the disk, and what that gives and costs; reads
   * no rows. Tables that are not there are left out.
   */
  rebuilds(tables: readonly string[]): Promise<RebuildOffer>;
  /**
   * Writes a table anew, or where the tables share a file all of them. Ended at any time, by the signal or by a kill, it
   * leaves the table as it was, or anew; never anything between.
   * @throws LOCK_TIMEOUT with who holds the lock, PERMISSION_DENIED, DISK_FULL, the signal's reason
   */
  rebuild(request: RebuildRequest): Promise<void>;
  /** Bytes free on the disk that the database's files lie on; null where this machine cannot know. */
  freeDisk(): Promise<number | null>;
  /**
   * Sets the session up for work of many short transactions beside others.
   * @param durable whether each of them must outlive the machine's power, not only this process: where a file is
   * written directly, its disk is waited for then while nobody else can write
   */
  longWork(durable: boolean): Promise<LongWork>;
  /**
   * From here on the engine keeps few pages of the database in this process's memory: for work that looks at much of it once.
   * @returns makes it what it was
   */
  littleMemory(): () => void;
  /**
   * How much the server keeps of what was there before, as somebody may still read it.
   * @returns null where the server keeps no such list
   */
  undoBacklog(): Promise<Sight<UndoBacklog> | null>;
  /**
   * Who is connected, and what has been open for longest; asks one or two questions.
   * @returns null where nobody connects: a file
   */
  activity(): Promise<Activity | null>;
}

export interface Activity {
  readonly connections: Sight<{ readonly used: number; readonly limit: number }>;
  /** The oldest open transaction of somebody else in this database; null where there is none. */
  readonly oldest: Sight<OpenTransaction | null>;
  /** The session of somebody else that has waited longest for a lock in this database (MySQL and MariaDB: or for a row of any); null where none waits. */
  readonly longestWait: Sight<LockWait | null>;
}

export interface LockWait {
  /** As in `connection 12 (user report at 10.0.0.7)`. */
  readonly whose: string;
  /** Who holds the lock, or is before it in the queue, in the same form; null where the engine does not tell. */
  readonly holder: string | null;
  /** For how long it has waited. */
  readonly seconds: number;
}

/** Old versions of rows that the server could not throw away yet: they take disk, and readers have to go past them. */
export interface UndoBacklog {
  /** Transactions that wrote, and whose old versions are kept. */
  readonly transactions: number;
  /** The open transaction of somebody else that is the oldest; null where there is none. */
  readonly oldest: Sight<OpenTransaction | null>;
}

export interface OpenTransaction {
  /** As in `connection 12 (user report at 10.0.0.7)`. */
  readonly whose: string;
  /** For how long it is open. */
  readonly seconds: number;
}

export interface TableStatistics {
  readonly table: string;
  /** Rows that were inserted, changed or deleted since statistics were made; null where that is not known. */
  readonly changes: number | null;
  /** With more changes the engine itself would make them anew; null where it does not count them. */
  readonly threshold: number | null;
  /** When they were made (UTC); null where that is not known, or never. */
  readonly analyzedAt: string | null;
  /** Whether it is known that there are none yet, though the table has rows. */
  readonly never: boolean;
  /** Whether they are out of date by the engine's own rule; null where that cannot be known. */
  readonly stale: boolean | null;
  /** Why it cannot be known, as the end of a sentence that begins with the table; null where it is. */
  readonly why: string | null;
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

/**
 * A way to get free space back: what we do ourselves ({@link ReclaimWork}), or SQL for the engine's own client, which is
 * for a person to decide.
 */
export type SpaceRemedy = RemedyCost &
  ({ readonly ours: true; readonly action: Action } | { readonly ours: false; readonly sql: string });

/** What it brings, and what it costs those who work meanwhile. */
export interface RemedyCost {
  /** What comes of it; `lock`: what others wait for meanwhile; `needs`: what must be there first. */
  readonly gives: string;
  readonly lock: string;
  readonly needs: string;
  /** Bytes of disk that it needs while it runs; null where it needs next to none. */
  readonly needsBytes: number | null;
}

export interface SpaceUse {
  /** Bytes of the files (SQLite: and of the WAL); null where what we do never makes them smaller. */
  readonly diskBytes: number | null;
  /** Bytes inside that are free to be used again; null where that is not known. */
  readonly freeBytes: number | null;
  /** Whether `freeBytes` is an estimate that lags behind what was deleted just now. */
  readonly estimated: boolean;
  /**
   * Bytes that our own work ({@link ReclaimWork}) would give back or make free to be used again; 0 where there is no such
   * work. An estimate where `freeBytes` is one.
   */
  readonly gain: number;
  /** Mildest first; none where there is nothing to get. */
  readonly remedies: readonly SpaceRemedy[];
  /** What keeps space from being free, in sentences. */
  readonly notes: readonly string[];
}

export interface ReclaimRequest {
  /** The tables whose space it is about, where space is of tables. */
  readonly tables: readonly string[];
  /** The session of the lock that the work is done under. */
  readonly db: Kysely<unknown>;
  /** Ends a statement that would take long; what it has done until then may be undone. */
  readonly signal: AbortSignal;
  /** Told while a statement takes long, where the server shows how far it is. */
  readonly onStatement?: ((progress: StatementProgress) => void) | undefined;
}

/** How far a long statement of ours is. */
export interface StatementProgress {
  /** The server's own word for what it does just now. */
  readonly phase: string;
  /** From 0 to 1; null where the server does not tell. */
  readonly share: number | null;
}

export interface RebuildOffer {
  /** The server's words for it, with `TABLE` for a table. */
  readonly method: string;
  /** `database`: all tables share a file, which is written anew as a whole. */
  readonly unit: 'table' | 'database';
  /** Whom it keeps waiting until it is done; null where nobody waits for more than moments. */
  readonly blocks: 'writers' | 'everybody' | null;
  /** What others wait for, as the end of a sentence. */
  readonly lock: string;
  /** The cluster all of whose nodes stand still meanwhile, in words; null where there is none. */
  readonly cluster: string | null;
  /** What else should be known, in sentences. */
  readonly notes: readonly string[];
  readonly costs: readonly RebuildCost[];
}

export interface RebuildCost {
  /** Null for the database as a whole. */
  readonly table: string | null;
  /** What it takes on the disk now. */
  readonly bytes: number;
  /** At least so many bytes would come back; null where that is not known. */
  readonly floor: number | null;
  /** How that is known, or why not: a sentence. */
  readonly how: string;
  /** Room for the second copy. */
  readonly needs: readonly DiskNeed[];
  /** Why it cannot be rebuilt, as the end of a sentence that begins with the table; null where it can. */
  readonly obstacle: string | null;
}

export interface DiskNeed {
  /** Which disk, as in `of /var/lib/multiflexi/multiflexi.sqlite`. */
  readonly disk: string;
  readonly bytes: number;
  /** Bytes free there; null where this machine cannot know. */
  readonly free: number | null;
}

export interface RebuildRequest {
  /** Of {@link RebuildCost}. */
  readonly table: string | null;
  /** The session of the lock that the work is done under. */
  readonly db: Kysely<unknown>;
  readonly signal: AbortSignal;
  /** How long it waits for the table, in milliseconds; a server may round it up to seconds. Whoever wants the table waits behind it. */
  readonly lockTimeoutMs: number;
  readonly onStatement?: ((progress: StatementProgress) => void) | undefined;
}

/** Gives free space back, piece by piece; between two pieces nothing is held. */
export interface ReclaimWork {
  /**
   * Does a piece, or tries again what it waits for.
   * @param milliseconds how long it may hold what others wait for, as far as the engine can tell
   * @returns undefined when nothing is left
   * @throws LOCK_TIMEOUT, after which the same piece comes again
   */
  next(milliseconds: number): Promise<ReclaimPiece | undefined>;
  /** Gives back what can only be given at the end. @returns in sentences, what is kept and why */
  end(): Promise<readonly string[]>;
}

export interface ReclaimPiece {
  /** Bytes that it gave back or made free. */
  readonly bytes: number;
  /** How long it held what others wait for, in milliseconds. */
  readonly held: number;
  /** Who has to come to an end before it can go on, in words; nothing was done then. */
  readonly waitsFor: string | null;
}
