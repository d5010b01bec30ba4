/**
 * One of those who delete: reads a chunk while another deletes one, divides it into transactions, and finds by halving
 * the rows that cannot be deleted, so that they do not keep the others.
 */
import { setImmediate as otherWork, setTimeout as sleep } from 'node:timers/promises';
import { type ErrorCode, isMultiFlexiError, type MultiFlexiError } from '../../errors.ts';
import type { ChunkTiming } from '../../pacing/index.ts';
import type { Timeline } from '../../schema/index.ts';
import type { PurgePlan } from '../plan/plan.ts';
import { agedTables } from '../selection/aged-tables.ts';
import { type ChildSizes, childSizes } from '../selection/children.ts';
import { lockedAmong } from '../selection/locked-rows.ts';
import type { ChunkQueue } from './chunk-queue.ts';
import { type Choose, type ChunkContext, deleteChosen, NOTHING, type Outcome } from './chunk-transaction.ts';
import { agedToDelete } from './delete-aged.ts';
import { childrenToDelete, jobsToDelete, rehearse } from './delete-jobs.ts';
import { logsToDelete } from './delete-logs.ts';
import { byTransaction, type LargeJob, largeJobs } from './large-jobs.ts';
import type { Leftovers } from './leftovers.ts';
import type { Limits } from './limits.ts';
import type { Chunk } from './walks.ts';

/** What a worker asks of the purge that it works for, and tells it. */
export interface WorkerHost {
  readonly plan: PurgePlan;
  readonly limits: Limits;
  /** Aborts when the lock of the purge is lost. */
  readonly lost: AbortSignal;
  readonly leftovers: Leftovers;
  /** Whether children of a job may be deleted before it: nothing is known that could then keep the job. */
  readonly mayDrain: boolean;
  /** Waits for as long as it is too much for others. @throws the reason why the lock is lost */
  mayGoOn(): Promise<boolean>;
  readHolds(): Promise<void>;
  timing(): ChunkTiming;
  note(outcome: Outcome): void;
}

/** What of a chunk is deleted in one transaction. */
interface Part extends Chunk {
  /** How many children its jobs had just now; unknown where that may have changed since, or may not be relied on. */
  readonly children?: ChildSizes;
}

const LOCKED = 'another session has locked it';

/** What may be the matter with a single row. */
const OF_ROWS: readonly ErrorCode[] = [
  'CONSTRAINT',
  'ROWS_KEPT',
  'CANNOT_BE_SAVED',
  'TOO_LARGE',
  'DATABASE_FAILED',
];

export class Worker {
  private readonly context: ChunkContext;
  private readonly host: WorkerHost;
  private readonly queue: ChunkQueue;
  private readonly parts: AsyncGenerator<Part, undefined>;
  /** What is tried again before anything else: as less of it, or counted anew. */
  private readonly again: Part[] = [];
  /** From when on the next transaction may begin, on the clock of `performance.now()`. */
  private ready = 0;

  constructor(context: ChunkContext, host: WorkerHost, queue: ChunkQueue) {
    this.context = context;
    this.host = host;
    this.queue = queue;
    this.parts = this.readParts();
  }

  /** Until there is nothing left to read, or the purge is to end. */
  async run(): Promise<void> {
    for (let part = await this.nextPart(); part; part = await this.nextPart()) {
      try {
        await this.deleteTogether(part);
      } catch (error) {
        this.tryLess(part, error);
      }
    }
  }

  private async nextPart(): Promise<Part | undefined> {
    const part = this.again.shift() ?? (await this.parts.next()).value;
    return part && (await this.host.mayGoOn()) ? part : undefined;
  }

  private async *readParts(): AsyncGenerator<Part, undefined> {
    while (await this.host.mayGoOn()) {
      const chunk = await this.patient(() => this.queue.next(() => this.host.readHolds()));
      if (!chunk) return;
      yield* this.partsOf(chunk);
    }
  }

  /** What of a chunk is deleted in a transaction of its own. */
  private async *partsOf(chunk: Chunk): AsyncGenerator<Part> {
    if (chunk.table !== 'job') {
      yield chunk;
      return;
    }
    const children = await this.patient(() => childSizes(this.context.engine, chunk.ids));
    if (!children) return;
    const emptied = new Set<bigint>();
    for (const large of this.host.mayDrain ? largeJobs(children) : []) {
      if (!emptied.has(large.job) && !(await this.canBeSaved(large.job))) continue;
      emptied.add(large.job);
      await this.drain(chunk, large);
    }
    // Stopped among the children of a job: it is deleted whole, later.
    for (const ids of byTransaction(chunk.ids, children, emptied)) {
      if (!(await this.host.mayGoOn())) return;
      const areKnown = this.context.deletesAll && !ids.some((id) => emptied.has(id));
      yield { ...chunk, ids, ...(areKnown ? { children } : {}) };
    }
  }

  /** The same with its children counted, then each half of it, until a single row is left that cannot be deleted now. @throws what is no row's fault */
  private tryLess(part: Part, error: unknown): void {
    if (!this.mayBeOfOneRow(error, part)) throw error;
    const { children, ...uncounted } = part;
    const [id] = part.ids;
    if (children && error.code === 'ROWS_KEPT') this.again.unshift(uncounted);
    else if (part.ids.length > 1) this.again.unshift(...halves(part));
    else if (id !== undefined) this.deferAlone(part, id, error);
  }

  private async deleteTogether(part: Part): Promise<void> {
    const timing = this.host.timing();
    // What was read meanwhile is part of the rest.
    await restUntil(this.ready);
    const outcome = await this.aroundLocks(part);
    if (!outcome) return;
    const done = performance.now();
    const rows = sum([...outcome.deleted.values()]);
    this.queue.note(part, rows, outcome.held, timing);
    this.host.note(outcome);
    this.tell(part, outcome);
    await this.context.pause();
    this.ready = done + outcome.held * timing.rest;
  }

  /**
   * A lock of somebody else is waited for in vain once: then the rows that he has are left for later, and their
   * neighbours are deleted. @returns undefined where the purge was ended meanwhile
   * @throws LOCK_TIMEOUT where it cannot be told which rows are locked: fewer of them may be
   */
  private async aroundLocks(part: Part): Promise<Outcome | undefined> {
    const { rowLocks, skipLocked } = this.context.engine.capabilities;
    if (!rowLocks) return this.patient(() => deleteChosen(this.context, this.choiceOf(part)));
    const locked = new Set<bigint>();
    for (;;) {
      const free = { ...part, ids: part.ids.filter((id) => !locked.has(id)) };
      if (free.ids.length === 0) return { ...NOTHING, locked: [...locked] };
      try {
        const outcome = await deleteChosen(this.context, this.choiceOf(free));
        return { ...outcome, locked: [...locked, ...outcome.locked] };
      } catch (error) {
        if (!skipLocked || !isPassing(error)) throw error;
        this.queue.chunkSize.halve();
        // While somebody has the whole table, there is nothing to do but wait.
        const held = await this.patient(() => lockedAmong(this.context.engine, free));
        if (!held) return undefined;
        if (held.size === 0) throw error;
        for (const id of held) locked.add(id);
      }
    }
  }

  private patient<T>(work: () => Promise<T>): Promise<T | undefined> {
    return this.host.limits.patiently(work, this.host.lost, () => this.queue.chunkSize.halve());
  }

  private choiceOf({ table, ids, archive, children }: Part): Choose {
    if (table === 'job') return jobsToDelete(this.context, ids, children);
    if (table === 'logger') return logsToDelete(this.context, ids, archive);
    return agedToDelete(this.context, ...this.age(table), ids);
  }

  private age(table: Timeline['table']): [Timeline, string] {
    const aged = agedTables(this.host.plan).find(({ timeline }) => timeline.table === table);
    if (!aged) throw new Error(`the plan has no age for ${table}`);
    return [aged.timeline, aged.before];
  }

  /** Children of a job that has very many are deleted first, in chunks of their own: no transaction is larger than that. */
  private async drain(chunk: Chunk, { table, job, rows: most }: LargeJob): Promise<void> {
    for (let rows = most; rows === most && (await this.host.mayGoOn()); ) {
      try {
        const some = childrenToDelete(this.context, table, job, most);
        const outcome = (await this.patient(() => deleteChosen(this.context, some))) ?? NOTHING;
        this.host.note({ ...outcome, held: 0 });
        this.tell(chunk, outcome);
        rows = sum([...outcome.deleted.values()]);
      } catch (error) {
        // The job itself will be asked for once more, and says why it is kept.
        if (!this.mayBeOfOneRow(error, chunk)) throw error;
        return;
      }
      await otherWork();
    }
  }

  /** Of one that cannot, nothing may be deleted: it is left to its own transaction, which says why. */
  private async canBeSaved(job: bigint): Promise<boolean> {
    try {
      await this.patient(() => rehearse(this.context, job));
      return true;
    } catch (error) {
      if (isMultiFlexiError(error, 'CANNOT_BE_SAVED')) return false;
      throw error;
    }
  }

  private deferAlone(part: Chunk, id: bigint, error: MultiFlexiError): void {
    if (isPassing(error)) this.host.leftovers.defer(part, new Map([[id, reasonOf(error)]]), true);
    else this.host.leftovers.deferRefused(part, id, reasonOf(error));
  }

  private tell(part: Chunk, { locked, refused }: Outcome): void {
    if (locked.length > 0) this.host.leftovers.defer(part, new Map(locked.map((id) => [id, LOCKED])), true);
    if (refused.length > 0)
      this.host.leftovers.defer(part, new Map(refused.map(({ id, reason }) => [id, reason])), false);
  }

  private mayBeOfOneRow(error: unknown, { ids }: Chunk): error is MultiFlexiError {
    if (!isMultiFlexiError(error)) return false;
    const { rowLocks } = this.context.engine.capabilities;
    if (OF_ROWS.includes(error.code) || (rowLocks && isPassing(error))) return true;
    // On a disk that is all but full a smaller transaction may still find room for its log.
    return error.code === 'DISK_FULL' && !rowLocks && ids.length > 1;
  }
}

function isPassing(error: unknown): boolean {
  return isMultiFlexiError(error, 'LOCK_TIMEOUT') || isMultiFlexiError(error, 'DEADLOCK');
}

function halves(chunk: Part): [Part, Part] {
  const middle = Math.ceil(chunk.ids.length / 2);
  return [
    { ...chunk, ids: chunk.ids.slice(0, middle) },
    { ...chunk, ids: chunk.ids.slice(middle) },
  ];
}

function reasonOf({ message }: MultiFlexiError): string {
  return message.replace(/\.$/, '');
}

async function restUntil(time: number): Promise<void> {
  const left = time - performance.now();
  // SQLite's driver is synchronous: without a turn of the event loop no signal would be seen before the end.
  if (left < 0.5) await otherWork();
  else await sleep(left);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}
