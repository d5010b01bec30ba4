/**
 * Carries a plan out: walks up from the oldest row by key, reads ids without locks, and deletes by primary key in
 * short transactions of their own, companies in turn. Killed at any time it leaves whole jobs; the next run goes on
 * with what is left.
 */
import { setImmediate as otherWork, setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { type Engine, type LongWork, patiently } from '../engines/index.ts';
import type { Database } from '../schema/index.ts';
import type { Key } from './boundary.ts';
import { type Deleted, deleteJobs, deleteLogs, deleteTokens, drain, GIANT, giants } from './delete.ts';
import { type Holds, readHolds } from './holds.ts';
import { nowUtc } from './instant.ts';
import { oldestJobs, oldestLogs, oldestTokens } from './oldest.ts';
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

/** Servers: whoever needs the same rows waits that long. */
const SERVER: PaceWords = { chunkMs: 40, rest: 0.1 };
/** One writer at a time: the others wait for the whole chunk, and find the file free more often than not. */
const FILE: PaceWords = { chunkMs: 5, rest: 1.5 };
/** Nobody else writes to the file: nobody waits. */
const FILE_ALONE: PaceWords = { chunkMs: 25, rest: 0.05 };
/** How long somebody who has written is taken to go on doing so, in milliseconds. */
const WRITERS_STAY_MS = 5_000;

const NOTHING: Deleted = { artifacts: 0, logger: 0, job: 0, token: 0, held: 0 };

/** Gives the next rows of one owner; none when there are no more. */
type Lane<Item> = (limit: number) => Promise<readonly Item[]>;

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
  private othersWroteAt = Number.NEGATIVE_INFINITY;

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
    await this.inTurn(
      this.plan.logs.map((scope) => this.logLane(scope)),
      (ids) => deleteLogs(this.engine, ids),
    );
    const byCompany = Map.groupBy(this.plan.jobs, ({ company }) => company);
    await this.inTurn(
      [...byCompany.values()].map((scopes) => this.jobLane(scopes)),
      // Stopped among the children of a job: it goes whole, later.
      async (ids) => (this.stopped ? NOTHING : deleteJobs(this.engine, ids)),
    );
    const { tokensBefore } = this.plan;
    if (tokensBefore !== null)
      await this.inTurn([this.tokenLane(tokensBefore)], (ids) =>
        deleteTokens(this.engine, ids, tokensBefore),
      );
    return {
      tables: Object.entries(this.deleted)
        .filter(([table]) => table !== 'token' || tokensBefore !== null)
        .map(([table, rows]) => ({ table, rows })),
      milliseconds: Math.round(performance.now() - this.started),
      chunks: this.chunks,
      longestChunk: Math.round(this.longestChunk),
      stopped: this.stopped,
    };
  }

  /** A chunk of each owner after the other, so that the backlog of one does not keep the rest waiting. */
  private async inTurn<Item>(
    lanes: readonly Lane<Item>[],
    remove: (items: readonly Item[]) => Promise<Deleted>,
  ): Promise<void> {
    const pace = new Pace();
    /** How many rows go with one item: a job takes others along. */
    let weight = 1;
    /** When the rest behind the last chunk is over. */
    let ready = 0;
    const open = new Set(lanes);
    while (open.size > 0) {
      for (const lane of open) {
        if (this.stopped) return;
        this.lockSignal.throwIfAborted();
        this.holds = await readHolds(this.db, nowUtc());
        const items = await lane(Math.max(1, Math.floor(pace.rows / weight)));
        if (items.length === 0) {
          open.delete(lane);
          continue;
        }
        const words = this.words();
        // What was read meanwhile is part of the rest.
        await this.restUntil(ready);
        const { held, ...counts } = await this.chunk(pace, () => remove(items));
        ready = performance.now() + held * words.rest;
        const rows = this.note(counts);
        this.chunks++;
        this.longestChunk = Math.max(this.longestChunk, held);
        await this.work.pause();
        if (rows > 0) weight = Math.max(1, rows / items.length);
        pace.note(rows, held, words);
      }
    }
  }

  /** A lock of somebody else, or a deadlock, is waited out: the chunk was rolled back and is tried again. */
  private async chunk(pace: Pace, remove: () => Promise<Deleted>): Promise<Deleted> {
    try {
      return await patiently(remove, {
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

  private logLane(scope: LogScope): Lane<bigint> {
    return walk(
      (stretch) => oldestLogs(this.db, scope, this.holds, stretch).execute(),
      ({ id }) => id,
    );
  }

  private tokenLane(before: string): Lane<bigint> {
    return walk(
      (stretch) => oldestTokens(this.db, before, stretch).execute(),
      ({ id }) => id,
    );
  }

  private jobLane(scopes: readonly JobScope[]): Lane<bigint> {
    const parts = scopes.flatMap((scope) =>
      scope.statuses.map((status) =>
        walk(
          (stretch) => this.readJobs(scope, status, stretch),
          ({ id }) => id,
        ),
      ),
    );
    return async (limit) => {
      for (let part = parts[0]; part; parts.shift(), part = parts[0]) {
        const ids = await part(limit);
        if (ids.length === 0) continue;
        await this.drainGiants(ids);
        return ids;
      }
      return [];
    };
  }

  private readJobs(
    scope: JobScope,
    status: FinishedStatus,
    stretch: { after: Key | undefined; limit: number },
  ) {
    return oldestJobs(this.db, scope, status, this.holds, stretch).execute();
  }

  /** Children of a job that has very many go first, in chunks of their own: no transaction is larger than that. */
  private async drainGiants(ids: readonly bigint[]): Promise<void> {
    for (const { id, table } of await giants(this.db, ids)) {
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

/** Goes on behind the last row that was read; never from the head again, where deleted rows are still to be purged. */
function walk<Row extends Key, Item>(
  read: (stretch: { after: Key | undefined; limit: number }) => Promise<readonly Row[]>,
  item: (row: Row) => Item,
): Lane<Item> {
  let after: Key | undefined;
  return async (limit) => {
    const rows = await read({ after, limit });
    after = rows.at(-1) ?? after;
    return rows.map(item);
  };
}
