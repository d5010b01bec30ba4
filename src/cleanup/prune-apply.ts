/**
 * Carries a prune out: walks up from the oldest row by key, reads ids without locks, and deletes by primary key
 * in short transactions of their own, children before their job. Killed at any time it leaves whole jobs; the
 * next run goes on with what is left.
 */
import { setImmediate as otherWork } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { type Engine, patiently } from '../engines/index.ts';
import { type Database, FINISHED, type JobStatus } from '../schema/index.ts';
import type { Key } from './boundary.ts';
import { FIRST_CHUNK, nextChunk } from './chunk-size.ts';
import { oldestJobs, oldestLogs } from './oldest.ts';
import type { PrunePlan } from './prune-plan.ts';

export interface PruneProgress {
  readonly deleted: number;
  readonly expected: number;
}

export interface PruneResult {
  readonly tables: readonly { readonly table: string; readonly rows: number }[];
  readonly milliseconds: number;
  /** Whether it ended because `signal` asked it to; the next run goes on. */
  readonly stopped: boolean;
}

export interface PruneOptions {
  readonly program: string;
  readonly waitMs: number;
  /** Ends the prune after the chunk at hand. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: PruneProgress) => void) | undefined;
}

/** Deletes what the plan says, and nothing that has become unfinished since. @throws LOCKED */
export async function applyPrune(
  engine: Engine,
  plan: PrunePlan,
  options: PruneOptions,
): Promise<PruneResult> {
  const lock = await engine.lock({
    name: 'prune',
    program: options.program,
    waitMs: options.waitMs,
    signal: options.signal,
  });
  try {
    const prune = new Prune(engine, plan, options, lock.signal);
    return await prune.run();
  } finally {
    await lock.release();
  }
}

class Prune {
  private readonly engine: Engine;
  private readonly db: Kysely<Database>;
  private readonly plan: PrunePlan;
  private readonly options: PruneOptions;
  private readonly lockSignal: AbortSignal;
  private readonly deleted = { logger: 0, artifacts: 0, job: 0 };
  private readonly expected: number;

  constructor(engine: Engine, plan: PrunePlan, options: PruneOptions, lockSignal: AbortSignal) {
    this.engine = engine;
    this.db = engine.kysely<Database>();
    this.plan = plan;
    this.options = options;
    this.lockSignal = lockSignal;
    this.expected = plan.tables.reduce((sum, table) => sum + table.rows, 0);
  }

  async run(): Promise<PruneResult> {
    const started = performance.now();
    const { logsBefore, jobsBefore } = this.plan;
    if (logsBefore) await this.pruneLogs(logsBefore);
    if (jobsBefore) for (const status of FINISHED) await this.pruneJobs(jobsBefore, status);
    return {
      tables: Object.entries(this.deleted).map(([table, rows]) => ({ table, rows })),
      milliseconds: Math.round(performance.now() - started),
      stopped: this.stopped,
    };
  }

  private pruneLogs(before: Key): Promise<void> {
    return this.walk(
      (after, limit) => oldestLogs(this.db, { before, after, limit }).execute(),
      async (rows) => {
        const ids = rows.map((row) => row.id);
        this.deleted.logger += await affected(
          this.db.deleteFrom('logger').where('id', 'in', ids).executeTakeFirst(),
        );
      },
    );
  }

  private pruneJobs(before: Key, status: JobStatus): Promise<void> {
    return this.walk(
      (after, limit) => oldestJobs(this.db, status, { before, after, limit }).execute(),
      (rows) => this.deleteJobs(rows.map((row) => row.id)),
    );
  }

  /** Calls `remove` with chunk after chunk; never starts again from the head, where deleted rows are still to be purged. */
  private async walk(
    read: (after: Key | undefined, limit: number) => Promise<Key[]>,
    remove: (rows: readonly Key[]) => Promise<void>,
  ): Promise<void> {
    let limit = FIRST_CHUNK;
    let after: Key | undefined;
    while (!this.stopped) {
      this.lockSignal.throwIfAborted();
      const started = performance.now();
      const rows = await read(after, limit);
      if (rows.length === 0) return;
      // A lock of somebody else, or a deadlock, is waited out: the chunk was rolled back and is tried again.
      await patiently(() => remove(rows), {
        signals: [this.lockSignal, this.options.signal],
        onWait: () => {},
      }).catch(this.unlessStopped);
      this.options.onProgress?.({ deleted: this.total, expected: this.expected });
      after = rows.at(-1);
      limit = nextChunk(rows.length, performance.now() - started);
      // SQLite's driver is synchronous: without a turn of the event loop no signal would be seen before the end.
      await otherWork();
    }
  }

  /** Stopped while it waited: what was deleted until then is the result. */
  private readonly unlessStopped = (error: unknown): void => {
    if (!this.stopped || error !== this.options.signal?.reason) throw error;
  };

  private async deleteJobs(ids: readonly bigint[]): Promise<void> {
    const counts = await this.db.transaction().execute(async (transaction) => {
      // The state is asked again under a row lock: a job that was restarted since it was read stays whole.
      let query = transaction
        .selectFrom('job')
        .select('id')
        .where('id', 'in', ids)
        .where('status', 'in', FINISHED);
      if (this.engine.capabilities.rowLocks) query = query.forUpdate();
      const certain = (await query.execute()).map((row) => row.id);
      if (certain.length === 0) return { artifacts: 0, logger: 0, job: 0 };
      return {
        artifacts: await affected(
          transaction.deleteFrom('artifacts').where('job_id', 'in', certain).executeTakeFirst(),
        ),
        logger: await affected(
          transaction.deleteFrom('logger').where('job_id', 'in', certain).executeTakeFirst(),
        ),
        job: await affected(
          transaction
            .deleteFrom('job')
            .where('id', 'in', certain)
            .where('status', 'in', FINISHED)
            .executeTakeFirst(),
        ),
      };
    });
    this.deleted.artifacts += counts.artifacts;
    this.deleted.logger += counts.logger;
    this.deleted.job += counts.job;
  }

  private get stopped(): boolean {
    return this.options.signal?.aborted ?? false;
  }

  private get total(): number {
    return this.deleted.logger + this.deleted.artifacts + this.deleted.job;
  }
}

async function affected(result: Promise<{ numDeletedRows: bigint }>): Promise<number> {
  return Number((await result).numDeletedRows);
}
