/**
 * Carries a plan out, on the session that holds the lock. Steps run in stretches: where the engine can roll DDL
 * back, steps that may share a transaction do, together with their ledger row; everywhere else a step runs alone
 * and is recorded when it is done, and a run that was cut off is gone on with at the step it reached.
 */
import { sql } from 'kysely';
import { type Engine, type Lock, patiently } from '../engines/index.ts';
import { isMultiFlexiError, MultiFlexiError } from '../errors.ts';
import { effectIsThere } from './effect.ts';
import {
  forget,
  type LedgerDb,
  prepareLedger,
  recordApplied,
  recordFailure,
  recordReturn,
  recordStart,
  recordStep,
  recordSteps,
} from './ledger.ts';
import type { LedgerSchema } from './ledger-tables.ts';
import type { Direction, Step } from './migration.ts';
import type { MigrationPlan, PlannedMigration } from './plan.ts';

export interface MigrationProgress {
  /** `begun` before a step, `done` after its statement and before its record, `waiting` when a lock of others is in the way. */
  readonly event: 'begun' | 'done' | 'waiting';
  readonly direction: Direction;
  readonly version: string;
  readonly name: string;
  readonly step: number;
  readonly steps: number;
  readonly summary: string;
}

export interface AppliedMigration {
  readonly version: string;
  readonly name: string;
  readonly milliseconds: number;
}

export interface ApplyOptions {
  readonly lock: Lock;
  /** Ends the run after the migration at hand. */
  readonly signal?: AbortSignal | undefined;
  /** Record the migrations without running a statement. */
  readonly fake?: boolean | undefined;
  /** How long to go on trying when locks of others are in the way, in milliseconds; 5 minutes. */
  readonly patienceMs?: number | undefined;
  readonly onProgress?: ((progress: MigrationProgress) => void) | undefined;
}

/** @returns what was run, in order. @throws MIGRATION_FAILED at the first that fails; those before it stay done. */
export async function applyMigrations(
  engine: Engine,
  plan: MigrationPlan,
  options: ApplyOptions,
): Promise<AppliedMigration[]> {
  const db = options.lock.kysely<LedgerSchema>();
  if (plan.migrations.length + plan.accepted.length > 0) await prepare(engine, db, plan, options);
  const done: AppliedMigration[] = [];
  for (const planned of plan.migrations) {
    options.signal?.throwIfAborted();
    const started = performance.now();
    await new Run(engine, db, plan.direction, planned, options).run();
    done.push({
      version: planned.version,
      name: planned.name,
      milliseconds: Math.round(performance.now() - started),
    });
  }
  return done;
}

/** Waited for like the steps: another session's write lock is in the way of the ledger's own tables as well. */
async function prepare(
  engine: Engine,
  db: LedgerDb,
  plan: MigrationPlan,
  { lock, patienceMs }: ApplyOptions,
): Promise<void> {
  const prepareOnce = async () => {
    await prepareLedger(engine, db);
    for (const { version, up, down } of plan.accepted) await recordSteps(db, version, up, down);
  };
  await patiently(prepareOnce, { signal: lock.signal, patienceMs, onWait: () => {} });
}

/** Steps that are carried out together; the places count from 1. */
interface Stretch {
  readonly steps: readonly (readonly [place: number, step: Step])[];
  readonly inTransaction: boolean;
}

class Run {
  private readonly engine: Engine;
  private readonly db: LedgerDb;
  private readonly direction: Direction;
  private readonly planned: PlannedMigration;
  private readonly options: ApplyOptions;
  /** The step at hand, for messages. */
  private place = 0;

  constructor(
    engine: Engine,
    db: LedgerDb,
    direction: Direction,
    planned: PlannedMigration,
    options: ApplyOptions,
  ) {
    this.engine = engine;
    this.db = db;
    this.direction = direction;
    this.planned = planned;
    this.options = options;
  }

  async run(): Promise<void> {
    const stretches = this.stretches();
    try {
      for (const [index, stretch] of stretches.entries()) {
        this.options.lock.signal.throwIfAborted();
        const first = index === 0 && !this.planned.resumed;
        const last = index === stretches.length - 1;
        await this.patiently(() =>
          stretch.inTransaction ? this.together(stretch, first, last) : this.alone(stretch, first, last),
        );
      }
    } catch (error) {
      throw await this.failed(error, stretches.length === 1 && stretches[0]?.inTransaction === true);
    }
  }

  private stretches(): Stretch[] {
    const { steps, done } = this.planned;
    const left = this.options.fake
      ? []
      : steps.map((step, index) => [index + 1, step] as const).filter(([place]) => place > done);
    const stretches: { steps: (readonly [number, Step])[]; inTransaction: boolean }[] = [];
    for (const entry of left) {
      const inTransaction = this.engine.capabilities.transactionalDdl && !entry[1].alone;
      const current = stretches.at(-1);
      if (inTransaction && current?.inTransaction) current.steps.push(entry);
      else stretches.push({ steps: [entry], inTransaction });
    }
    // Nothing left to run: what is left is to record it.
    return stretches.length > 0
      ? stretches
      : [{ steps: [], inTransaction: this.engine.capabilities.transactionalDdl }];
  }

  private together(stretch: Stretch, first: boolean, last: boolean): Promise<void> {
    return this.db.transaction().execute(async (transaction) => {
      if (first) await this.recordBeginning(transaction);
      for (const [place, step] of stretch.steps) await this.execute(transaction, place, step);
      await this.recordReached(transaction, stretch.steps.at(-1)?.[0], last);
    });
  }

  private async alone(stretch: Stretch, first: boolean, last: boolean): Promise<void> {
    // A second try must not begin the record again.
    if (first && !this.beginningRecorded) await this.recordBeginning(this.db);
    for (const [place, step] of stretch.steps) {
      // Its effect may be there already: the statement was carried out, and the run cut off before the record.
      const isThere = this.mayHaveRun(place) && (await effectIsThere(this.engine, step.effect));
      if (!isThere) {
        if (step.clearing && this.mayHaveRun(place)) await sql.raw(step.clearing).execute(this.db);
        this.attempted = place;
        await this.execute(this.db, place, step);
      }
    }
    await this.recordReached(this.db, stretch.steps.at(-1)?.[0], last);
  }

  /** The last step that this run has sent to the server. */
  private attempted = 0;
  private beginningRecorded = false;

  /** Whether a try of this step, in this run or an earlier one, may have left something. */
  private mayHaveRun(place: number): boolean {
    return this.attempted === place || (this.planned.resumed && place === this.planned.done + 1);
  }

  private async execute(db: LedgerDb, place: number, step: Step): Promise<void> {
    this.options.lock.signal.throwIfAborted();
    this.place = place;
    this.tell('begun');
    await sql.raw(step.sql).execute(db);
    this.tell('done');
  }

  private patiently(attempt: () => Promise<void>): Promise<void> {
    const { lock, patienceMs } = this.options;
    return patiently(attempt, { signal: lock.signal, patienceMs, onWait: () => this.tell('waiting') });
  }

  private async recordBeginning(db: LedgerDb): Promise<void> {
    const { steps, wayBack, version } = this.planned;
    if (this.direction === 'up') await recordStart(db, this.planned, steps, wayBack);
    else await recordReturn(db, version, steps.length);
    this.beginningRecorded = true;
  }

  private async recordReached(db: LedgerDb, place: number | undefined, last: boolean): Promise<void> {
    const { version, steps } = this.planned;
    if (!last) await recordStep(db, version, place ?? 0);
    else if (this.direction === 'up') await recordApplied(db, version, steps.length);
    else await forget(db, version);
  }

  /** A migration that failed before anything was done was never begun: it is what it was before. */
  private async takeBackBeginning(): Promise<boolean> {
    const { version, steps, done } = this.planned;
    const first = steps[done];
    if (this.place !== 1 || done > 0 || !first || (await effectIsThere(this.engine, first.effect)))
      return false;
    if (this.direction === 'up') await forget(this.db, version);
    else await recordApplied(this.db, version, steps.length);
    return true;
  }

  private tell(event: MigrationProgress['event']): void {
    const { version, name, steps } = this.planned;
    const summary = steps[this.place - 1]?.summary ?? '';
    this.options.onProgress?.({
      event,
      direction: this.direction,
      version,
      name,
      step: this.place,
      steps: steps.length,
      summary,
    });
  }

  private async failed(error: unknown, rolledBack: boolean): Promise<unknown> {
    const { version, name, steps } = this.planned;
    const message = error instanceof Error ? error.message : String(error);
    if (isMultiFlexiError(error, 'CONNECTION_LOST')) return error; // The row says how far it came; the next run goes on.
    if (!rolledBack && !(await this.takeBackBeginning())) await recordFailure(this.db, version, message);
    const step = steps[this.place - 1];
    const what = step ? `step ${this.place} of ${steps.length} (${step.summary})` : 'the ledger';
    const command = this.direction === 'up' ? 'db:migrate' : 'db:rollback';
    const next = rolledBack
      ? `Nothing of it was kept. Mend the cause and run multiflexi-cli ${command} again.`
      : `The steps before it are done and recorded. Mend the cause and run multiflexi-cli ${command} again; it goes on at this step.`;
    const way = this.direction === 'up' ? 'Migration' : 'Rollback of migration';
    return new MultiFlexiError(
      'MIGRATION_FAILED',
      `${way} ${version} ${name} failed at ${what}: ${message}`,
      { next, cause: error },
    );
  }
}
