/** What a database takes on the disk, what of that is free, and how to get it: a part of the contract in engine.ts. */
import type { Kysely } from 'kysely';

/** A way to get free space back, and what it costs those who work meanwhile. */
export interface SpaceRemedy {
  /** SQL for the engine's own client, or a command of this program. */
  readonly command: string;
  /** What comes of it; `lock`: what others wait for meanwhile; `needs`: what must be there first. */
  readonly gives: string;
  readonly lock: string;
  readonly needs: string;
  /** Bytes of disk that it wants while it runs; null where it wants none to speak of. */
  readonly needsBytes: number | null;
  /** Whether {@link ReclaimWork} does it; anything else is for a person to decide. */
  readonly ours: boolean;
}

export interface SpaceUse {
  /** Bytes of the files (SQLite: and of the WAL); null where what we do never makes them smaller. */
  readonly diskBytes: number | null;
  /** Bytes inside that are free to be used again; null where that is not known. */
  readonly freeBytes: number | null;
  /** Whether `freeBytes` is an estimate that lags behind what was deleted just now. */
  readonly estimated: boolean;
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
  /** Gives back what can only be given at the end. @returns in sentences, what stays and why */
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
