/**
 * The work of a purge: reads ids without locks, in the order that its lanes give, and deletes by primary key in short
 * transactions of their own, paced and throttled.
 */
import { setImmediate as otherWork, setTimeout as sleep } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { type Engine, type LongWork, nowUtc, patiently } from '../engines/index.ts';
import { isMultiFlexiError } from '../errors.ts';
import type { Database } from '../schema/index.ts';
import { ArchiveRun } from './archive/index.ts';
import { type ChildSizes, childSizes, type Giant, giants, together } from './children.ts';
import { type Deleted, deleteJobs, deleteLogs, deleteTokens, drain, type Hand } from './delete.ts';
import { type JobVerdict, jobVerdict } from './goes.ts';
import { type Holds, readHolds } from './holds.ts';
import { type Chunk, jobLanes, type Lane, logLanes, tokenLanes, type Walk } from './lanes.ts';
import type { Pace, PaceWords } from './pace.ts';
import type { PurgePlan } from './plan.ts';
import type { PurgeOptions, PurgeResult } from './purge.ts';
import { Turns } from './turns.ts';

/** Servers: whoever needs the very rows that go waits that long; all others only share the disk with us. */
const SERVER: PaceWords = { chunkMs: 200, rest: 0.05 };
/** Each chunk of an archive has to reach the disk before it is deleted: fewer and larger ones. */
const SERVER_ARCHIVING: PaceWords = { chunkMs: 250, rest: 0.05 };
/** One writer at a time: the others wait for the whole chunk, and find the file free more often than not. */
const FILE: PaceWords = { chunkMs: 30, rest: 0.1 };
/** Nobody else writes to the file: nobody waits. */
const FILE_ALONE: PaceWords = { chunkMs: 25, rest: 0.05 };
/** What is read and saved between them is rest enough, and the commit has to reach the disk. */
const FILE_ARCHIVING: PaceWords = { chunkMs: 45, rest: 0 };
/** How many chunks are at work at a time where writers do not wait for each other as a whole. */
const HANDS = 2;
/** How long somebody who has written is taken to go on doing so, in milliseconds. */
const WRITERS_STAY_MS = 2_000;

/** A chunk, or what of its jobs goes in one transaction. */
type Part = Chunk & { readonly children: ChildSizes };

const NO_CHILDREN: ChildSizes = { artifacts: new Map(), logger: new Map() };
const NOTHING: Deleted = { artifacts: 0, logger: 0, job: 0, token: 0, held: 0 };

export class Purge {
  private readonly engine: Engine;
  private readonly db: Kysely<Database>;
  private readonly plan: PurgePlan;
  private readonly options: PurgeOptions;
  private readonly verdict: JobVerdict;
  private readonly started = performance.now();
  /** When the last chunk was done. */
  lastDone = performance.now();
  private readonly deleted: { logger: number; artifacts: number; job: number; token: number } = {
    logger: 0,
    artifacts: 0,
    job: 0,
    token: 0,
  };
  private readonly expected: number;
  private lockSignal = new AbortController().signal;
  private longWork: LongWork | undefined;
  private archive: ArchiveRun | undefined;
  private readonly hands: Hand[] = [];
  private holds: Holds = { jobs: [], templates: [], companies: [] };
  private failed = false;
  private runs = 0;
  private chunks = 0;
  private longestChunk = 0;
  /** Until it is known better, somebody does. */
  private othersWroteAt = performance.now();

  constructor(engine: Engine, plan: PurgePlan, options: PurgeOptions) {
    this.engine = engine;
    this.db = engine.kysely<Database>();
    this.plan = plan;
    this.options = options;
    this.verdict = jobVerdict(plan.jobs);
    this.expected = plan.tables.reduce((sum, table) => sum + table.rows, 0);
  }

  /** From the beginning of the plan: what is gone already is not found again. */
  async run(lockSignal: AbortSignal, longWork: LongWork): Promise<PurgeResult> {
    this.lockSignal = lockSignal;
    this.longWork = longWork;
    this.failed = false;
    this.runs++;
    try {
      await this.openArchive();
      const walk: Walk = {
        engine: this.engine,
        plan: this.plan,
        verdict: this.verdict,
        holds: () => this.holds,
        inTurns: this.options.timeBudgetMs !== undefined,
      };
      for (const lanes of [logLanes, jobLanes, tokenLanes]) await this.work(await lanes(walk));
      return await this.end();
    } catch (error) {
      await this.archive?.leave();
      // What is whole in it is made so now, where the database can still be asked; else by the next run.
      if (!isMultiFlexiError(error, 'CONNECTION_LOST')) await this.archive?.settle().catch(() => {});
      throw error;
    }
  }

  private async openArchive(): Promise<void> {
    const { archive, program } = this.options;
    if (this.archive) await this.archive.settle();
    else if (archive) this.archive = await ArchiveRun.open(this.engine, archive, program);
    const hands = this.engine.capabilities.rowLocks ? HANDS : 1;
    if (this.hands.length > 0) return;
    for (let n = 0; n < hands; n++)
      this.hands.push({
        engine: this.engine,
        verdict: this.verdict,
        keeper: this.archive?.keeper(),
        pause: async () => this.longWork?.pause(),
      });
  }

  private async end(): Promise<PurgeResult> {
    const catalogue = await this.archive?.finish();
    return {
      tables: Object.entries(this.deleted)
        .filter(([table]) => table !== 'token' || this.plan.tokensBefore !== null)
        .map(([table, rows]) => ({ table, rows })),
      milliseconds: Math.round(performance.now() - this.started),
      chunks: this.chunks,
      longestChunk: Math.round(this.longestChunk),
      waitedForReplicas: Math.round(this.options.throttle?.waited ?? 0),
      stopped: this.stopped,
      reconnections: this.runs - 1,
      archive: catalogue && this.archive ? { name: this.archive.name, catalogue } : null,
    };
  }

  private async work(lanes: readonly Lane[]): Promise<void> {
    const turns = new Turns(lanes, this.options.throttle?.largestTransaction ?? undefined);
    const work = this.hands.map((hand) =>
      this.hand(turns, hand).catch((error: unknown) => {
        this.failed = true;
        throw error;
      }),
    );
    // All have come to their end before the first failure is told: nothing goes on behind it.
    const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Reads a chunk and deletes it, again and again; while one hand reads, another deletes. */
  private async hand(turns: Turns, hand: Hand): Promise<void> {
    for (let ready = 0; await this.mayGoOn(); ) {
      const chunk = await turns.next(async () => {
        this.holds = await readHolds(this.db, nowUtc());
      });
      if (!chunk || this.failed) return;
      for await (const part of this.parts(hand, chunk)) ready = await this.takeOut(turns, hand, part, ready);
    }
  }

  /** What of a chunk goes in a transaction of its own. */
  private async *parts(hand: Hand, chunk: Chunk): AsyncGenerator<Part> {
    if (chunk.table !== 'job') {
      yield { ...chunk, children: NO_CHILDREN };
      return;
    }
    const children = await childSizes(this.engine, chunk.ids);
    for (const giant of giants(children)) await this.drain(hand, giant);
    // Stopped among the children of a job: it goes whole, later.
    for (const ids of together(chunk.ids, children))
      if (await this.mayGoOn()) yield { ...chunk, ids, children };
  }

  /** @param ready from when on it may @returns from when on the next one may */
  private async takeOut(turns: Turns, hand: Hand, part: Part, ready: number): Promise<number> {
    const words = this.words();
    // What was read meanwhile is part of the rest.
    await this.restUntil(ready);
    const { held, ...counts } = await this.patient(() => this.delete(hand, part), turns.pace);
    const done = performance.now();
    turns.note(part, this.note(counts), held, words);
    this.chunks++;
    this.longestChunk = Math.max(this.longestChunk, held);
    this.lastDone = done;
    await this.longWork?.pause();
    return done + held * words.rest;
  }

  /** Waits for replicas that are behind. @throws the reason why the lock is lost */
  private async mayGoOn(): Promise<boolean> {
    if (this.stopped || this.failed) return false;
    await this.forReplicas();
    this.lockSignal.throwIfAborted();
    return !this.stopped;
  }

  private async forReplicas(): Promise<void> {
    await this.options.throttle?.wait({
      signals: [this.lockSignal, this.options.signal],
      isOver: () => this.stopped !== null,
    });
  }

  /** A lock of somebody else, or a deadlock, is waited out: the chunk was rolled back and is tried again. */
  private async patient(work: () => Promise<Deleted>, pace?: Pace): Promise<Deleted> {
    try {
      return await patiently(work, {
        signals: [this.lockSignal, this.options.signal],
        onWait: () => pace?.halve(),
      });
    } catch (error) {
      // Stopped while it waited: what was deleted until then is the result.
      if (this.stopped === 'interrupted' && error === this.options.signal?.reason) return NOTHING;
      throw error;
    }
  }

  private words(): PaceWords {
    if (this.engine.capabilities.rowLocks) return this.archive ? SERVER_ARCHIVING : SERVER;
    if (this.archive) return FILE_ARCHIVING;
    const now = performance.now();
    if (this.longWork?.othersWrote()) this.othersWroteAt = now;
    return now - this.othersWroteAt < WRITERS_STAY_MS ? FILE : FILE_ALONE;
  }

  private async restUntil(time: number): Promise<void> {
    const left = time - performance.now();
    // SQLite's driver is synchronous: without a turn of the event loop no signal would be seen before the end.
    if (left < 0.5) await otherWork();
    else await sleep(left);
  }

  private delete(hand: Hand, { table, ids, archive, children }: Part): Promise<Deleted> {
    if (table === 'job') return deleteJobs(hand, ids, children);
    if (table === 'logger') return deleteLogs(hand, ids, archive);
    return deleteTokens(hand, ids, this.plan.tokensBefore ?? '');
  }

  /** Children of a job that has very many go first, in chunks of their own: no transaction is larger than that. */
  private async drain(hand: Hand, { table, job, rows: most }: Giant): Promise<void> {
    for (let rows = most; rows === most && (await this.mayGoOn()); ) {
      const { held: _, ...counts } = await this.patient(() => drain(hand, table, job, most));
      rows = this.note(counts);
      await otherWork();
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

  get stopped(): PurgeResult['stopped'] {
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
