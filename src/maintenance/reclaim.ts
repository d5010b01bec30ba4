/**
 * Gives free space back to the disk, or makes it free to be used again, as far as an engine can while others work.
 * What would stop them is named in the plan, and left to a person.
 */

import { setImmediate as otherWork, setTimeout as sleep } from 'node:timers/promises';
import type {
  Engine,
  LongWork,
  ReclaimPiece,
  ReclaimWork,
  SpaceRemedy,
  SpaceUse,
  StatementProgress,
} from '../engines/index.ts';
import { bothFences, exclusiveLock, type Fence, fencedTransaction } from '../leases/index.ts';
import { patiently } from '../pacing/index.ts';
import { PURGE_LOCK } from '../schema/index.ts';
import { GROWING_TABLES, measureSpace } from './space.ts';

export interface ReclaimPlan {
  readonly where: string;
  /** The tables that it is about, where space is of tables. */
  readonly tables: readonly string[];
  readonly use: SpaceUse;
  /** What {@link applyReclaim} would do. */
  readonly ours: readonly SpaceRemedy[];
  /** What is left to a person. */
  readonly others: readonly SpaceRemedy[];
}

/** Reads only. */
export async function planReclaim(
  engine: Engine,
  tables: readonly string[] = GROWING_TABLES,
): Promise<ReclaimPlan> {
  const use = await measureSpace(engine, tables);
  return {
    where: engine.where,
    tables,
    use,
    ours: use.remedies.filter(({ ours }) => ours),
    others: use.remedies.filter(({ ours }) => !ours),
  };
}

export interface ReclaimOptions {
  readonly program: string;
  readonly waitMs: number;
  /** Held before each piece. */
  readonly fence?: Fence | undefined;
  /** Ends it after the current piece. */
  readonly signal?: AbortSignal | undefined;
  /** Ends it after the current piece once this time has passed. */
  readonly timeBudgetMs?: number | undefined;
  /** How long a reader is waited for that keeps space from being given back; 30 s. */
  readonly patienceMs?: number | undefined;
  readonly onProgress?: ((bytes: number) => void) | undefined;
  /** Told of a statement that takes long, where the server shows how far it is. */
  readonly onStatement?: ((progress: StatementProgress) => void) | undefined;
}

export interface ReclaimResult {
  readonly before: SpaceUse;
  /** Without the remedies that were carried out completely. */
  readonly after: SpaceUse;
  readonly milliseconds: number;
  readonly pieces: number;
  /** The longest time in which a piece held what others wait for, in milliseconds. */
  readonly longestPiece: number;
  /** Why it stopped early; the next run continues. */
  readonly stopped: 'interrupted' | 'time budget' | 'another session' | null;
}

/** How long a piece holds what others wait for, in milliseconds, and the rest behind it as a share of that. */
const BESIDE_OTHERS = { pieceMs: 12, rest: 1 };
const ALONE = { pieceMs: 25, rest: 0.05 };
/** How long somebody who has written is assumed to continue, in milliseconds. */
const WRITERS_STAY_MS = 2_000;
const PATIENCE_MS = 30_000;
/** How often it is looked whether a reader has come to its end. */
const POLL_MS = 250;

/**
 * Takes the lock of a purge: both would fight for the same pages. Killed at any time it leaves a sound database.
 * @throws LOCKED
 */
export async function applyReclaim(
  engine: Engine,
  plan: ReclaimPlan,
  options: ReclaimOptions,
): Promise<ReclaimResult> {
  const { program, waitMs, signal, timeBudgetMs } = options;
  const lock = await exclusiveLock(engine, { name: PURGE_LOCK, program, waitMs, signal });
  try {
    const budget = timeBudgetMs === undefined ? undefined : AbortSignal.timeout(timeBudgetMs);
    const fence = bothFences(options.fence, lock.fence);
    const lost = [lock.signal, fence?.signal].filter((one) => one !== undefined);
    const ended = AbortSignal.any([...lost, signal, budget].filter((one) => one !== undefined));
    const started = performance.now();
    const work = await engine.reclaim({
      tables: plan.tables,
      db: lock.kysely(),
      signal: ended,
      onStatement: options.onStatement,
    });
    const progress = new Progress(options);
    const notes = work === null ? [] : await carryOut(engine, work, { progress, fence }, ended);
    for (const one of lost) one.throwIfAborted();
    const done = work !== null && progress.finished;
    return {
      before: plan.use,
      after: without(await measureSpace(engine, plan.tables), done && notes.length === 0, notes),
      milliseconds: Math.round(performance.now() - started),
      pieces: progress.pieces,
      longestPiece: Math.round(progress.longestPiece),
      stopped: work === null || done ? null : whyStopped(signal, budget),
    };
  } finally {
    await lock.release();
  }
}

function whyStopped(
  signal: AbortSignal | undefined,
  budget: AbortSignal | undefined,
): NonNullable<ReclaimResult['stopped']> {
  if (signal?.aborted) return 'interrupted';
  return budget?.aborted ? 'time budget' : 'another session';
}

class Progress {
  pieces = 0;
  longestPiece = 0;
  /** Nothing was left to do. */
  finished = false;
  private bytes = 0;
  private readonly options: ReclaimOptions;

  constructor(options: ReclaimOptions) {
    this.options = options;
  }

  get patienceMs(): number {
    return this.options.patienceMs ?? PATIENCE_MS;
  }

  note({ bytes, held }: ReclaimPiece): void {
    this.pieces++;
    this.bytes += bytes;
    this.longestPiece = Math.max(this.longestPiece, held);
    this.options.onProgress?.(this.bytes);
  }
}

/** @returns what is kept and why, in sentences */
async function carryOut(
  engine: Engine,
  work: ReclaimWork,
  { progress, fence }: { readonly progress: Progress; readonly fence: Fence | undefined },
  ended: AbortSignal,
): Promise<readonly string[]> {
  const beside = await engine.longWork(true);
  try {
    const next = async (milliseconds: number) => {
      if (fence) await fencedTransaction(engine, { fence, signal: ended }, async () => {});
      return work.next(milliseconds);
    };
    await pieceByPiece({ next }, beside, progress, ended).catch((error: unknown) => {
      // Ended in the middle of a piece: what was done until then is the result.
      if (!ended.aborted || error !== ended.reason) throw error;
    });
    return await work.end();
  } finally {
    await beside.end();
  }
}

async function pieceByPiece(
  work: Pick<ReclaimWork, 'next'>,
  beside: LongWork,
  progress: Progress,
  ended: AbortSignal,
): Promise<void> {
  // Until we know better, we assume that somebody does.
  let othersWroteAt = performance.now();
  let waitsSince: number | undefined;
  while (!ended.aborted) {
    const now = performance.now();
    if (beside.othersWrote()) othersWroteAt = now;
    const { pieceMs, rest } = now - othersWroteAt < WRITERS_STAY_MS ? BESIDE_OTHERS : ALONE;
    const piece = await patiently(() => work.next(pieceMs), { signals: [ended] });
    if (!piece) {
      progress.finished = true;
      return;
    }
    if (piece.waitsFor === null) {
      waitsSince = undefined;
      progress.note(piece);
      await restFor(piece.held * rest, ended);
      continue;
    }
    waitsSince ??= now;
    if (now - waitsSince >= progress.patienceMs) return;
    await restFor(Math.min(POLL_MS, progress.patienceMs), ended);
  }
}

/** SQLite's driver is synchronous: without a turn of the event loop no signal would be seen before the end. */
async function restFor(milliseconds: number, ended: AbortSignal): Promise<void> {
  if (milliseconds < 0.5) await otherWork();
  else await sleep(milliseconds, undefined, { signal: ended }).catch(() => {});
}

/** What was done completely is no remedy any more; and the notes are those of the work itself. */
function without(use: SpaceUse, done: boolean, notes: readonly string[]): SpaceUse {
  return {
    ...use,
    remedies: done ? use.remedies.filter(({ ours }) => !ours) : use.remedies,
    notes: notes.length > 0 ? notes : use.notes,
  };
}
