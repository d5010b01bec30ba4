/**
 * Carries a plan out: walks up from the oldest row by key, reads ids without locks, and deletes by primary key in
 * short transactions of their own, companies in turn. Killed at any time it leaves whole jobs; the next run goes on
 * with what is left.
 */
import { setImmediate as otherWork, setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { type Engine, type LongWork, nowUtc, patiently } from '../engines/index.ts';
import type { Database } from '../schema/index.ts';
import type { Key } from './boundary.ts';
import { type Deleted, deleteJobs, deleteLogs, deleteTokens, drain, GIANT, giants } from './delete.ts';
import { type Holds, readHolds } from './holds.ts';
import type { Throttle } from './lag.ts';
import { oldestJobs, oldestLogs, oldestTokens, type Stretch } from './oldest.ts';
import { Pace, type PaceWords } from './pace.ts';
import type { PurgePlan } from './plan.ts';
import type { FinishedStatus } from './rules.ts';
import type { JobScope, LogScope } from './scopes.ts';

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
}

export interface PurgeOptions {
  readonly program: string;
  readonly waitMs: number;
  /** Ends the purge after the chunk at hand. */
  readonly signal?: AbortSignal | undefined;
  /** Ends it after the chunk at hand when so much time is over. */
  readonly timeBudgetMs?: number | undefined;
  readonly onProgress?: ((progress: PurgeProgress) => void) | undefined;
  /** Asked before each chunk: holds the purge back when it is too much for others. */
  readonly throttle?: Throttle | undefined;
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

/** Servers: whoever needs the same rows waits that long. */
const SERVER: PaceWords = { chunkMs: 40, rest: 0.1 };
/** One writer at a time: the others wait for the whole chunk, and find the file free more often than not. */
const FILE: PaceWords = { chunkMs: 12, rest: 1 };
/** Nobody else writes to the file: nobody waits. */
const FILE_ALONE: PaceWords = { chunkMs: 25, rest: 0.05 };
/** How many chunks are at work at a time where writers do not wait for each other as a whole. */
const HANDS = 2;
/** How long somebody who has written is taken to go on doing so, in milliseconds. */
const WRITERS_STAY_MS = 2_000;

const NOTHING: Deleted = { artifacts: 0, logger: 0, job: 0, token: 0, held: 0 };

/** Rows of one owner that were read and are to go together. */
interface Chunk {
  readonly size: number;
  remove(): Promise<Deleted>;
}

/** Reads the next chunk of one owner; none when there are no more. */
type Lane = (limit: number) => Promise<Chunk | undefined>;

/** Whose turn it is; and how much the next chunk takes. */
class Turns {
  readonly pace = new Pace();
  failed = false;
  private readonly open: Lane[];
  /** How many rows go with one that is read: a job takes others along. */
  private weight = 1;
  /** One reads at a time: a lane knows only one place to go on from. */
  private reading: Promise<unknown> = Promise.resolve();

  constructor(lanes: readonly Lane[]) {
    this.open = [...lanes];
  }

  next(prepare: () => Promise<void>): Promise<Chunk | undefined> {
    const read = this.reading.then(async () => {
      await prepare();
      for (let lane = this.open.shift(); lane; lane = this.open.shift()) {
        const chunk = await lane(Math.max(1, Math.floor(this.pace.rows / this.weight)));
        if (!chunk) continue;
        this.open.push(lane);
        return chunk;
      }
      return undefined;
    });
    this.reading = read.catch(() => {});
    return read;
  }

  note(chunk: Chunk, rows: number, held: number, words: PaceWords): void {
    if (rows > 0) this.weight = Math.max(1, rows / chunk.size);
    this.pace.note(rows, held, words);
  }
}

class Purge {
  private readonly engine: Engine;
  private readonly db: Kysely<Database>;
  private readonly plan: PurgePlan;
  private readonly options: PurgeOptions;
  private readonly lockSignal: AbortSignal;
  private readonly work: LongWork;
  private readonly started = performance.now();
  private readonly deleted: { logger: number; artifacts: number; job: number; token: number } = {
    logger: 0,
    artifacts: 0,
    job: 0,
    token: 0,
  };
  private readonly expected: number;
  private holds: Holds = { jobs: [], templates: [], companies: [] };
  private chunks = 0;
  private longestChunk = 0;
  /** Until it is known better, somebody does. */
  private othersWroteAt = performance.now();

  constructor(
    engine: Engine,
    plan: PurgePlan,
    options: PurgeOptions,
    lockSignal: AbortSignal,
    work: LongWork,
  ) {
    this.engine = engine;
    this.db = engine.kysely<Database>();
    this.plan = plan;
    this.options = options;
    this.lockSignal = lockSignal;
    this.work = work;
    this.expected = plan.tables.reduce((sum, table) => sum + table.rows, 0);
  }

  async run(): Promise<PurgeResult> {
    await this.inTurn(this.plan.logs.map((scope) => this.logLane(scope)));
    const byCompany = Map.groupBy(this.plan.jobs, ({ company }) => company);
    await this.inTurn([...byCompany.values()].map((scopes) => this.jobLane(scopes)));
    const { tokensBefore } = this.plan;
    if (tokensBefore !== null) await this.inTurn([this.tokenLane(tokensBefore)]);
    return {
      tables: Object.entries(this.deleted)
        .filter(([table]) => table !== 'token' || tokensBefore !== null)
        .map(([table, rows]) => ({ table, rows })),
      milliseconds: Math.round(performance.now() - this.started),
      chunks: this.chunks,
      longestChunk: Math.round(this.longestChunk),
      waitedForReplicas: Math.round(this.options.throttle?.waited ?? 0),
      stopped: this.stopped,
    };
  }

  /** A chunk of each owner after the other, so that the backlog of one does not keep the rest waiting. */
  private async inTurn(lanes: readonly Lane[]): Promise<void> {
    const turns = new Turns(lanes);
    const hands = this.engine.capabilities.rowLocks ? HANDS : 1;
    const work = Array.from({ length: hands }, () => this.hand(turns));
    // All have come to their end before the first failure is told: nothing goes on behind it.
    const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Reads a chunk and deletes it, again and again; while one hand reads, another deletes. */
  private async hand(turns: Turns): Promise<void> {
    for (let ready = 0; !this.stopped && !turns.failed; ) {
      await this.forReplicas();
      this.lockSignal.throwIfAborted();
      if (this.stopped) return;
      const chunk = await turns.next(async () => {
        this.holds = await readHolds(this.db, nowUtc());
      });
      if (!chunk || turns.failed) return;
      const words = this.words();
      // What was read meanwhile is part of the rest.
      await this.restUntil(ready);
      try {
        const { held, ...counts } = await this.remove(turns.pace, chunk);
        ready = performance.now() + held * words.rest;
        turns.note(chunk, this.note(counts), held, words);
        this.chunks++;
        this.longestChunk = Math.max(this.longestChunk, held);
        await this.work.pause();
      } catch (error) {
        turns.failed = true;
        throw error;
      }
    }
  }

  private async forReplicas(): Promise<void> {
    await this.options.throttle?.wait({
      signals: [this.lockSignal, this.options.signal],
      isOver: () => this.stopped !== null,
    });
  }

  /** A lock of somebody else, or a deadlock, is waited out: the chunk was rolled back and is tried again. */
  private async remove(pace: Pace, chunk: Chunk): Promise<Deleted> {
    try {
      return await patiently(() => chunk.remove(), {
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
    if (this.work.othersWrote()) this.othersWroteAt = now;
    return now - this.othersWroteAt < WRITERS_STAY_MS ? FILE : FILE_ALONE;
  }

  private async restUntil(time: number): Promise<void> {
    const left = time - performance.now();
    // SQLite's driver is synchronous: without a turn of the event loop no signal would be seen before the end.
    if (left < 0.5) await otherWork();
    else await sleep(left);
  }

  private logLane(scope: LogScope): Lane {
    return walk(
      (stretch) => oldestLogs(this.db, scope, this.holds, stretch).execute(),
      (rows) => deleteLogs(this.engine, idsOf(rows)),
    );
  }

  private tokenLane(before: string): Lane {
    return walk(
      (stretch) => oldestTokens(this.db, before, stretch).execute(),
      (rows) => deleteTokens(this.engine, idsOf(rows), before),
    );
  }

  private jobLane(scopes: readonly JobScope[]): Lane {
    const parts = scopes.flatMap((scope) => scope.statuses.map((status) => this.jobsOf(scope, status)));
    return async (limit) => {
      for (let part = parts[0]; part; parts.shift(), part = parts[0]) {
        const chunk = await part(limit);
        if (chunk) return chunk;
      }
      return undefined;
    };
  }

  private jobsOf(scope: JobScope, status: FinishedStatus): Lane {
    return walk(
      async (stretch) => {
        const rows = await oldestJobs(this.db, scope, status, this.holds, stretch).execute();
        if (rows.length > 0) await this.drainGiants(idsOf(rows));
        return rows;
      },
      // Stopped among the children of a job: it goes whole, later.
      async (_, range) => (this.stopped ? NOTHING : deleteJobs(this.engine, { scope, status, ...range })),
    );
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
        await this.forReplicas();
        this.lockSignal.throwIfAborted();
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

/** Goes on behind the last row that was read; never from the head again, where deleted rows are still to be purged. */
function walk<Row extends Key>(
  read: (stretch: Stretch) => Promise<readonly Row[]>,
  remove: (rows: readonly Row[], range: Stretch & { readonly last: Key }) => Promise<Deleted>,
): Lane {
  let after: Key | undefined;
  return async (limit) => {
    const stretch = { after, limit };
    const rows = await read(stretch);
    const last = rows.at(-1);
    if (!last) return undefined;
    after = last;
    return { size: rows.length, remove: () => remove(rows, { ...stretch, last }) };
  };
}

function idsOf(rows: readonly Key[]): bigint[] {
  return rows.map(({ id }) => id);
}
