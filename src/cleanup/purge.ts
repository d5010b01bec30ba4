/**
 * Carries a plan out under the lock of purges. Killed at any time it leaves whole jobs; the next run goes on with what is
 * left, and so does this one after a lost connection.
 */
import type { Engine } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import type { ArchiveCatalogue, ArchiveTarget } from './archive/index.ts';
import type { Throttle } from './lag.ts';
import { PRUNE_LOCK } from './lock.ts';
import { persistently } from './persistently.ts';
import type { PurgePlan } from './plan.ts';
import { Purge } from './purging.ts';

export interface PurgeProgress {
  readonly deleted: number;
  readonly expected: number;
}

export interface PurgeResult {
  readonly tables: readonly { readonly table: string; readonly rows: number }[];
  readonly milliseconds: number;
  readonly chunks: number;
  /** The longest time in which a chunk held what it deletes, in milliseconds. */
  readonly longestChunk: number;
  /** How much of the time it waited for replicas, in milliseconds. */
  readonly waitedForReplicas: number;
  /** Why it ended before the end; the next run goes on. */
  readonly stopped: 'interrupted' | 'time budget' | null;
  /** How often the connection was lost on the way; what was at its commit then may be missing in the numbers. */
  readonly reconnections: number;
  /** Where rows were archived, with what is in it; null when none were. */
  readonly archive: { readonly name: string; readonly catalogue: ArchiveCatalogue } | null;
}

export interface PurgeOptions {
  readonly program: string;
  readonly waitMs: number;
  /** Where that is saved first whose scope says so; with `all` whatever goes. */
  readonly archive?: (ArchiveTarget & { readonly all: boolean }) | undefined;
  /** Ends the purge after the chunk at hand. */
  readonly signal?: AbortSignal | undefined;
  /** Ends it after the chunk at hand when so much time is over. */
  readonly timeBudgetMs?: number | undefined;
  readonly onProgress?: ((progress: PurgeProgress) => void) | undefined;
  /** The connection was lost, and is tried again after the rest. */
  readonly onLost?: ((error: MultiFlexiError, restMs: number) => void) | undefined;
  /** Asked before each chunk: holds the purge back when it is too much for others. */
  readonly throttle?: Throttle | undefined;
}

/** While a dead session of ours still has the lock, as its server has not noticed. */
const OWN_LOCK_WAIT_MS = 120_000;

/**
 * Deletes what the plan says, and nothing that is unfinished or held by then.
 * @throws LOCKED; FILE_FAILED, CANNOT_BE_SAVED where it cannot be archived: then it stays
 */
export async function applyPurge(
  engine: Engine,
  plan: PurgePlan,
  options: PurgeOptions,
): Promise<PurgeResult> {
  const purge = new Purge(engine, requireTarget(plan, options.archive), options);
  return persistently((first) => underLock(engine, options, purge, first), {
    signal: options.signal,
    lastDone: () => purge.lastDone,
    goesOn: () => purge.stopped === null,
    onLost: options.onLost,
  });
}

async function underLock(
  engine: Engine,
  { program, waitMs, signal, archive }: PurgeOptions,
  purge: Purge,
  first: boolean,
): Promise<PurgeResult> {
  const lock = await engine.lock({
    name: PRUNE_LOCK,
    program,
    waitMs: first ? waitMs : Math.max(waitMs, OWN_LOCK_WAIT_MS),
    signal,
  });
  try {
    // What is archived must not come back with the power.
    const work = await engine.longWork(archive !== undefined);
    try {
      return await purge.run(lock.signal, work);
    } finally {
      await work.end();
    }
  } finally {
    await lock.release();
  }
}

/** @throws USAGE: what is to be archived is not deleted because nobody said where */
function requireTarget(plan: PurgePlan, target: PurgeOptions['archive']): PurgePlan {
  const archives = [...plan.jobs, ...plan.logs].some(({ archive }) => archive);
  if (archives && !target)
    throw new MultiFlexiError('USAGE', 'A policy archives rows, and it is not said where.', {
      next: 'Name a directory with --archive DIR, or set ARCHIVE_DIR. Nothing was deleted.',
    });
  if (!target?.all) return plan;
  return {
    ...plan,
    jobs: plan.jobs.map((scope) => ({ ...scope, archive: true })),
    logs: plan.logs.map((scope) => ({ ...scope, archive: true })),
  };
}
