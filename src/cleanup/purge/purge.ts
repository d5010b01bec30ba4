/** A purge: its workers over one list of cursors after the other, and what they have come to. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Engine, type LongWork, nowUtc } from '../../engines/index.ts';
import { isMultiFlexiError } from '../../errors.ts';
import type { Fence } from '../../leases/index.ts';
import { Neighbours } from '../../pacing/index.ts';
import type { Database } from '../../schema/index.ts';
import { ArchiveRun } from '../archive/index.ts';
import type { PartWriter } from '../archive/part-writer.ts';
import { type PurgePlan, rowsOf } from '../plan/plan.ts';
import { agedTables } from '../selection/aged-tables.ts';
import { findCascadeHooks, findDeleteHooks, findDependents, goesInCircles } from '../selection/dependents.ts';
import { type Holds, noHolds, readHolds } from '../selection/held-rows.ts';
import { type JobVerdict, jobVerdict } from '../selection/verdict.ts';
import { ChunkQueue } from './chunk-queue.ts';
import type { ChunkContext, Outcome } from './chunk-transaction.ts';
import type { PurgeOptions, PurgeResult } from './contract.ts';
import { cursorsOf } from './deferred-rows.ts';
import { DependentGuard } from './dependent-guard.ts';
import { Leftovers } from './leftovers.ts';
import { Limits } from './limits.ts';
import { Tally } from './tally.ts';
import { agedCursors, type ChunkCursor, jobCursors, logCursors } from './walks.ts';
import { Worker, type WorkerHost } from './worker.ts';

/** How many chunks are deleted at a time where writers do not wait for each other as a whole. */
const WORKERS = 2;
/** How long rows that were left are left alone before they are tried again, in milliseconds. */
const LEFTOVERS_REST_MS = 500;

/** So few are deleted long before anybody's turn would matter, and by age they take one read instead of one for each owner. */
const FEW_ROWS = 10_000;

/** What a purge has while it is alone. */
export interface Alone {
  /** Aborts when it may not be alone any more. */
  readonly lost: AbortSignal;
  readonly fence: Fence | undefined;
  readonly longWork: LongWork;
}

export class Purge {
  readonly limits: Limits;
  readonly tally = new Tally();
  private readonly engine: Engine;
  private readonly plan: PurgePlan;
  private readonly options: PurgeOptions;
  private readonly verdict: JobVerdict;
  private readonly leftovers = new Leftovers();
  private readonly started = performance.now();
  private archive: ArchiveRun | undefined;
  /** One for each worker: where one has stopped in an archive, it continues. */
  private partWriters: readonly PartWriter[] = [];
  private holds: Holds = noHolds(nowUtc());
  private failed = false;

  constructor(engine: Engine, plan: PurgePlan, options: PurgeOptions) {
    this.engine = engine;
    this.plan = plan;
    this.options = options;
    this.verdict = jobVerdict(plan.jobs);
    this.limits = new Limits(options.signal, options.timeBudgetMs);
  }

  get stopped(): PurgeResult['stopped'] {
    return this.limits.stopped;
  }

  /** From the beginning of the plan: what is deleted already is not found again. */
  async run({ lost, fence, longWork }: Alone): Promise<PurgeResult> {
    this.failed = false;
    this.leftovers.beginAnew();
    try {
      await this.requireDeletable(lost);
      await this.openArchive(fence);
      const contexts = await this.contexts(longWork, fence);
      const host = this.host(lost, longWork, contexts);
      for await (const cursors of this.planned(lost)) await this.work(cursors, contexts, host);
      for await (const cursors of this.left(lost)) await this.work(cursors, contexts, host);
      return await this.end();
    } catch (error) {
      await this.leaveArchive(error);
      throw error;
    }
  }

  /** Children are deleted before their job: a missing privilege must not be noticed between them. @throws PERMISSION_DENIED */
  private async requireDeletable(lost: AbortSignal): Promise<void> {
    if (!this.engine.capabilities.rowLocks) return;
    const db = this.engine.kysely<Database>();
    const { jobs, logs } = this.plan;
    const tables = [
      ...(jobs.length > 0 ? (['job', 'artifacts', 'logger'] as const) : []),
      ...(logs.length > 0 ? (['logger'] as const) : []),
      ...agedTables(this.plan).map(({ timeline }) => timeline.table),
    ];
    const ask = async () => {
      for (const table of new Set(tables)) await db.deleteFrom(table).where(sql<boolean>`1 = 0`).execute();
    };
    await this.limits.patiently(ask, lost);
  }

  private async openArchive(fence: Fence | undefined): Promise<void> {
    const { archive, program, waitMs, signal } = this.options;
    if (this.archive) await this.archive.settle(fence);
    else if (archive)
      this.archive = await ArchiveRun.open(this.engine, archive, program, { waitMs, signal, fence });
    const run = this.archive;
    if (run && this.partWriters.length === 0)
      this.partWriters = Array.from({ length: this.workers }, () => run.partWriter());
  }

  /** After a failure: what is complete in it is made so now, where the database can still be asked; else by the next run. */
  private async leaveArchive(error: unknown): Promise<void> {
    await this.archive?.leave();
    const mayContinue =
      isMultiFlexiError(error, 'CONNECTION_LOST') || isMultiFlexiError(error, 'SERVER_UNREACHABLE');
    if (!mayContinue) await this.archive?.conclude().catch(() => {});
    this.archive?.release();
  }

  private get workers(): number {
    return this.engine.capabilities.rowLocks ? WORKERS : 1;
  }

  /** What each worker's transactions work with. */
  private async contexts(longWork: LongWork, fence: Fence | undefined): Promise<readonly ChunkContext[]> {
    const { engine, verdict } = this;
    const confirmed = new Set(this.options.alsoDelete ?? []);
    const found = await findDependents(engine);
    const watches = found.some(goesInCircles) || (await findCascadeHooks(engine, found)).length > 0;
    const dependents = new DependentGuard(engine, found, { confirmed, watches });
    const hooks = await findDeleteHooks(engine, found);
    const deletesAll = hooks.length === 0 && (await engine.seesDeleteHooks());
    return Array.from({ length: this.workers }, (_, place) => ({
      engine,
      verdict,
      dependents,
      deletesAll,
      fence,
      partWriter: this.partWriters[place],
      pause: () => longWork.pause(),
    }));
  }

  private host(lost: AbortSignal, longWork: LongWork, [context]: readonly ChunkContext[]): WorkerHost {
    const { engine, plan, limits, leftovers } = this;
    const neighbours = new Neighbours(engine, this.archive !== undefined, longWork);
    return {
      plan,
      limits,
      lost,
      leftovers,
      mayDrain: context?.deletesAll === true && !context.dependents.mayRefuse('job'),
      mayGoOn: () => this.mayGoOn(lost),
      readHolds: async () => {
        this.holds = await readHolds(engine, engine.kysely<Database>());
      },
      timing: () => neighbours.timing(this.options.throttle?.chunkShare),
      note: (outcome) => this.note(outcome),
    };
  }

  private async *planned(lost: AbortSignal): AsyncGenerator<readonly ChunkCursor[]> {
    const { engine, plan, verdict } = this;
    const { timeBudgetMs, inTurns = timeBudgetMs !== undefined && this.expected > FEW_ROWS } = this.options;
    const walk = { engine, plan, verdict, holds: () => this.holds, inTurns };
    // Without regard to the time: those that age by themselves are few.
    for (const cursors of [agedCursors, logCursors, jobCursors]) {
      if (this.stopped) return;
      yield (await this.limits.patiently(async () => cursors(walk), lost)) ?? [];
    }
  }

  private async work(
    cursors: readonly ChunkCursor[],
    contexts: readonly ChunkContext[],
    host: WorkerHost,
  ): Promise<void> {
    const queue = new ChunkQueue(cursors, this.options.throttle?.largestTransaction ?? undefined);
    const work = contexts.map((context) =>
      new Worker(context, host, queue).run().catch((error: unknown) => {
        this.failed = true;
        throw error;
      }),
    );
    // All have ended before the first failure is told: nothing continues behind it.
    const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Rows that were locked or refused: others may have let go of them, or what referred to them is deleted by now. */
  private async *left(lost: AbortSignal): AsyncGenerator<readonly ChunkCursor[]> {
    const ended = AbortSignal.any([lost, ...this.limits.signals]);
    while (this.leftovers.size > 0 && (await this.mayGoOn(lost))) {
      const rows = this.leftovers.take();
      yield cursorsOf(rows);
      if (this.stopped) return;
      const advanced = this.leftovers.settle(rows.length);
      if (!advanced && this.leftovers.size > 0)
        await sleep(LEFTOVERS_REST_MS, undefined, { signal: ended }).catch(() => {});
    }
  }

  private async end(): Promise<PurgeResult> {
    const catalogue = await this.archive?.finish();
    const { tally } = this;
    const tables = [
      ...(['logger', 'artifacts', 'job'] as const),
      ...agedTables(this.plan).map(({ timeline }) => timeline.table),
    ];
    return {
      tables: tables.map((table) => ({ table, rows: tally.deleted.get(table) ?? 0 })),
      dependents: [...tally.dependents].map(([table, rows]) => ({ table, rows })),
      skipped: this.leftovers.skipped,
      milliseconds: Math.round(performance.now() - this.started),
      chunks: tally.chunks,
      longestChunk: Math.round(tally.longestChunk),
      waits: [...(this.options.throttle?.waits ?? [])].map(([reason, milliseconds]) => ({
        reason,
        milliseconds: Math.round(milliseconds),
      })),
      stopped: this.stopped,
      reconnections: tally.reconnections,
      archive: catalogue && this.archive ? { name: this.archive.name, catalogue } : null,
    };
  }

  /** Waits for as long as it is too much for others. @throws the reason why the lock is lost */
  private async mayGoOn(lost: AbortSignal): Promise<boolean> {
    if (this.stopped || this.failed) return false;
    await this.options.throttle?.wait({
      signals: [lost, ...this.limits.signals],
      isOver: () => this.stopped !== null || this.failed,
    });
    lost.throwIfAborted();
    return !this.stopped && !this.failed;
  }

  private note(outcome: Outcome): void {
    this.tally.note(outcome);
    if ([...outcome.deleted.values()].some((rows) => rows > 0)) this.leftovers.noteDeleted();
    this.options.onProgress?.({ deleted: this.tally.rows, expected: this.expected });
  }

  private get expected(): number {
    return rowsOf(this.plan.tables);
  }
}
