/**
 * Carries a plan out: walks up from the oldest row by key, reads ids without locks, and deletes by primary key in
 * short transactions of their own, companies in turn. Killed at any time it leaves whole jobs; the next run goes on
 * with what is left.
 */
import { setImmediate as otherWork, setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { type Engine, type LongWork, nowUtc, patiently } from '../engines/index.ts';
import type { Database } from '../schema/index.ts';
import { type Deleted, deleteJobs, deleteLogs, deleteTokens, drain, GIANT, giants } from './delete.ts';
import { type JobVerdict, jobVerdict } from './goes.ts';
import { type Holds, readHolds } from './holds.ts';
import { type Chunk, jobLanes, type Lane, logLanes, tokenLanes, type Walk } from './lanes.ts';
import type { Pace, PaceWords } from './pace.ts';
import type { PurgePlan } from './plan.ts';
import { Turns } from './turns.ts';

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
  /** Why it ended before the end; the next run goes on. */
  readonly stopped: 'interrupted' | 'time budget' | null;
}

export interface PurgeOptions {
  readonly program: string;
  readonly waitMs: number;
  /** Ends the purge after the chunk at hand. */
  readonly signal?: AbortSignal | undefined;
  /** Ends it after the chunk at hand when so much time is over. */
  readonly timeBudgetMs?: number | undefined;
  readonly onProgress?: ((progress: PurgeProgress) => void) | undefined;
}

/** Deletes what the plan says, and nothing that is unfinished or held by then. @throws LOCKED */
export async function applyPurge(
  engine: Engine,
  plan: PurgePlan,
  options: PurgeOptions,
): Promise<PurgeResult> {
  const { program, waitMs, signal } = options;
  const lock = await engine.lock({ name: 'prune', program, waitMs, signal });
  const work = await engine.longWork();
  try {
    return await new Purge(engine, plan, options, lock.signal, work).run();
  } finally {
    await work.end();
    await lock.release();
  }
}

/** Servers: whoever needs the very rows that go waits that long; all others only share the disk with us. */
const SERVER: PaceWords = { chunkMs: 120, rest: 0.1 };
/** One writer at a time: the others wait for the whole chunk, and find the file free more often than not. */
const FILE: PaceWords = { chunkMs: 12, rest: 1 };
/** Nobody else writes to the file: nobody waits. */
const FILE_ALONE: PaceWords = { chunkMs: 25, rest: 0.05 };
/** How many chunks are at work at a time where writers do not wait for each other as a whole. */
const HANDS = 2;
/** How long somebody who has written is taken to go on doing so, in milliseconds. */
const WRITERS_STAY_MS = 2_000;

const NOTHING: Deleted = { artifacts: 0, logger: 0, job: 0, token: 0, held: 0 };

class Purge {
  private readonly engine: Engine;
  private readonly db: Kysely<Database>;
  private readonly plan: PurgePlan;
  private readonly options: PurgeOptions;
  private readonly lockSignal: AbortSignal;
  private readonly longWork: LongWork;
  private readonly started = performance.now();
  private readonly deleted: { logger: number; artifacts: number; job: number; token: number } = {
    logger: 0,
    artifacts: 0,
    job: 0,
    token: 0,
  };
  private readonly expected: number;
  private holds: Holds = { jobs: [], templates: [], companies: [] };
  private readonly verdict: JobVerdict;
  private failed = false;
  private chunks = 0;
  private longestChunk = 0;
  /** Until it is known better, somebody does. */
  private othersWroteAt = performance.now();

  constructor(
    engine: Engine,
    plan: PurgePlan,
    options: PurgeOptions,
    lockSignal: AbortSignal,
    longWork: LongWork,
  ) {
    this.engine = engine;
    this.db = engine.kysely<Database>();
    this.plan = plan;
    this.options = options;
    this.lockSignal = lockSignal;
    this.longWork = longWork;
    this.verdict = jobVerdict(plan.jobs);
    this.expected = plan.tables.reduce((sum, table) => sum + table.rows, 0);
  }

  async run(): Promise<PurgeResult> {
    const walk: Walk = {
      engine: this.engine,
      plan: this.plan,
      verdict: this.verdict,
      holds: () => this.holds,
      inTurns: this.options.timeBudgetMs !== undefined,
    };
    for (const lanes of [logLanes, jobLanes, tokenLanes]) await this.work(await lanes(walk));
    return {
      tables: Object.entries(this.deleted)
        .filter(([table]) => table !== 'token' || this.plan.tokensBefore !== null)
        .map(([table, rows]) => ({ table, rows })),
      milliseconds: Math.round(performance.now() - this.started),
      chunks: this.chunks,
      longestChunk: Math.round(this.longestChunk),
      stopped: this.stopped,
    };
  }

  private async work(lanes: readonly Lane[]): Promise<void> {
    const turns = new Turns(lanes);
    const hands = this.engine.capabilities.rowLocks ? HANDS : 1;
    const work = Array.from({ length: hands }, () => this.hand(turns));
    // All have come to their end before the first failure is told: nothing goes on behind it.
    const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Reads a chunk and deletes it, again and again; while one hand reads, another deletes. */
  private async hand(turns: Turns): Promise<void> {
    for (let ready = 0; !this.stopped && !this.failed; ) {
      this.lockSignal.throwIfAborted();
      const chunk = await turns.next(async () => {
        this.holds = await readHolds(this.db, nowUtc());
      });
      if (!chunk || this.failed) return;
      const words = this.words();
      // What was read meanwhile is part of the rest.
      await this.restUntil(ready);
      try {
        const { held, ...counts } = await this.remove(turns.pace, chunk);
        ready = performance.now() + held * words.rest;
        turns.note(chunk, this.note(counts), held, words);
        this.chunks++;
        this.longestChunk = Math.max(this.longestChunk, held);
        await this.longWork.pause();
      } catch (error) {
        this.failed = true;
        throw error;
      }
    }
  }

  /** A lock of somebody else, or a deadlock, is waited out: the chunk was rolled back and is tried again. */
  private async remove(pace: Pace, chunk: Chunk): Promise<Deleted> {
    try {
      return await patiently(() => this.delete(chunk), {
        signals: [this.lockSignal, this.options.signal],
        onWait: () => pace.halve(),
      });
    } catch (error) {
      // Stopped while it waited: what was deleted until then is the result.
      if (this.stopped === 'interrupted' && error === this.options.signal?.reason) return NOTHING;
      throw error;
    }
  }

  private words(): PaceWords {
    if (this.engine.capabilities.rowLocks) return SERVER;
    const now = performance.now();
    if (this.longWork.othersWrote()) this.othersWroteAt = now;
    return now - this.othersWroteAt < WRITERS_STAY_MS ? FILE : FILE_ALONE;
  }

  private async restUntil(time: number): Promise<void> {
    const left = time - performance.now();
    // SQLite's driver is synchronous: without a turn of the event loop no signal would be seen before the end.
    if (left < 0.5) await otherWork();
    else await sleep(left);
  }

  /** Stopped among the children of a job: it goes whole, later. */
  private async delete({ table, ids }: Chunk): Promise<Deleted> {
    if (table === 'logger') return deleteLogs(this.engine, ids);
    if (table === 'token') return deleteTokens(this.engine, ids, this.plan.tokensBefore ?? '');
    await this.drainGiants(ids);
    return this.stopped ? NOTHING : deleteJobs(this.engine, ids, this.verdict);
  }

  /** Children of a job that has very many go first, in chunks of their own: no transaction is larger than that. */
  private async drainGiants(ids: readonly bigint[]): Promise<void> {
    for (const { id, table } of await giants(this.engine, ids)) {
      for (let rows = GIANT; rows === GIANT && !this.stopped; ) {
        const { held: _, ...counts } = await patiently(() => drain(this.engine, table, id), {
          signals: [this.lockSignal, this.options.signal],
          onWait: () => {},
        });
        rows = this.note(counts);
        await otherWork();
      }
    }
  }

  /** @returns how many rows there were */
  private note(counts: Omit<Deleted, 'held'>): number {
    let rows = 0;
    for (const table of ['logger', 'artifacts', 'job', 'token'] as const) {
      this.deleted[table] += counts[table];
      rows += counts[table];
    }
    this.options.onProgress?.({ deleted: this.total, expected: this.expected });
    return rows;
  }

  private get stopped(): PurgeResult['stopped'] {
    const { signal, timeBudgetMs } = this.options;
    if (signal?.aborted) return 'interrupted';
    return timeBudgetMs !== undefined && performance.now() - this.started >= timeBudgetMs
      ? 'time budget'
      : null;
  }

  private get total(): number {
    const { logger, artifacts, job, token } = this.deleted;
    return logger + artifacts + job + token;
  }
}
