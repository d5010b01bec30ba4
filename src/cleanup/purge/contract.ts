/** What a purge is told, and what it tells. */
import type { MultiFlexiError } from '../../errors.ts';
import type { Fence } from '../../leases/index.ts';
import type { PressureReason, Throttle } from '../../pacing/index.ts';
import type { ArchiveCatalogue, ArchiveTarget } from '../archive/index.ts';
import type { Skipped } from './skipped-rows.ts';

export interface PurgeProgress {
  readonly deleted: number;
  readonly expected: number;
}

export interface PurgeResult {
  readonly tables: readonly { readonly table: string; readonly rows: number }[];
  /** Rows of tables that are not ours which were deleted with them or lost their link, by table. */
  readonly dependents: readonly { readonly table: string; readonly rows: number }[];
  /** Rows that the plan has and that could not be deleted. */
  readonly skipped: Skipped;
  readonly milliseconds: number;
  readonly chunks: number;
  /** The longest time in which a chunk held what it deletes, in milliseconds. */
  readonly longestChunk: number;
  /** How much of the time it waited for others, in milliseconds, by what for; what it never waited for is not there. */
  readonly waits: readonly { readonly reason: PressureReason; readonly milliseconds: number }[];
  /** Why it ended before the end; the next run continues. */
  readonly stopped: 'interrupted' | 'time budget' | null;
  /** How often the connection was lost on the way; what was at its commit then may be missing in the numbers. */
  readonly reconnections: number;
  /** Where rows were archived, with what is in it; null when none were. */
  readonly archive: { readonly name: string; readonly catalogue: ArchiveCatalogue } | null;
}

export interface PurgeOptions {
  readonly program: string;
  readonly waitMs: number;
  /** Where that is saved first whose scope says so; with `all` whatever is deleted. */
  readonly archive?: (ArchiveTarget & { readonly all: boolean }) | undefined;
  /** Held by each transaction that deletes; without it the purge fails. */
  readonly fence?: Fence | undefined;
  /** Ends the purge after the current chunk. */
  readonly signal?: AbortSignal | undefined;
  /** Ends it after the current chunk when so much time is over. */
  readonly timeBudgetMs?: number | undefined;
  /** Whether every owner has its turn; unless specified, where a time budget might not suffice for all of them. */
  readonly inTurns?: boolean | undefined;
  /** Foreign keys of tables that are not ours (`key` of the plan's dependents) by which rows may be lost. */
  readonly alsoDelete?: readonly string[] | undefined;
  readonly onProgress?: ((progress: PurgeProgress) => void) | undefined;
  /** The connection was lost, and is tried again after the rest. */
  readonly onLost?: ((error: MultiFlexiError, restMs: number) => void) | undefined;
  /** Asked before each chunk: holds the purge back when it is too much for others. */
  readonly throttle?: Pick<Throttle, 'wait' | 'waits' | 'largestTransaction' | 'chunkShare'> | undefined;
}
