/**
 * Carries a plan out, on the session that holds the lock. Steps run in stretches: where the engine can roll DDL
 * back, steps that may share a transaction do, together with their ledger row; everywhere else a step runs alone
 * and is recorded when it is done, and a run that was cut off is gone on with at the step it reached.
 */
import { type Kysely, sql } from 'kysely';
import { type Engine, type Lock, patiently } from '../engines/index.ts';
import { isMultiFlexiError, MultiFlexiError } from '../errors.ts';
import { effectIsThere } from './effect.ts';
import {
  forget,
  type LedgerDb,
  prepareLedger,
  recordApplied,
  recordFailure,
  recordResumption,
  recordReturn,
  recordStart,
  recordStep,
  recordSteps,
  recordWayBack,
  restore,
} from './ledger.ts';
import type { LedgerSchema } from './ledger-tables.ts';
import type { Destruction, Direction, Step } from './migration.ts';
import type { MigrationPlan, PlannedMigration } from './plan.ts';
import { RowGuard } from './row-guard.ts';
import { send } from './send-step.ts';

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

/**
 * Asked before a step that destroys something, on the session that will carry it out and while nobody else can
 * write the table; refuses by throwing.
 */
export type DestructionCheck = (db: Kysely<unknown>, destroyed: Destruction) => Promise<void>;

export interface ApplyOptions {
  readonly lock: Lock;
  /** Ends the run after the migration at hand, or while it waits for a lock of others. */
  readonly signal?: AbortSignal | undefined;
  /** Record the migrations without running a statement. */
  readonly fake?: boolean | undefined;
  /** How long to go on trying when locks of others are in the way, in milliseconds; 5 minutes. */
  readonly patienceMs?: number | undefined;
  readonly checkDestruction?: DestructionCheck | undefined;
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
  { lock, signal, patienceMs }: ApplyOptions,
): Promise<void> {
  const prepareOnce = async () => {
    await prepareLedger(engine, db);
    for (const { version, up, down } of plan.accepted) await recordSteps(db, version, up, down);
  };
  await patiently(prepareOnce, { signals: [lock.signal, signal], patienceMs, onWait: () => {} });
}

/** Steps that are carried out together; the places count from 1. */
interface Stretch {
  readonly steps: readonly (readonly [place: number, step: Step])[];
  readonly kind: Kind;
}

/** In a transaction that changes the schema, in one that changes rows, or one statement that commits by itself. */
type Kind = 'schema' | 'rows' | 'alone';

/** How far a migration is in the database for certain: what has been committed, and what may have been. */
interface Committed {
  /** Whether the ledger says that it has begun. */
  begun: boolean;
  /** The last step that is recorded as done. */
  reached: number;
  /** A step that was sent and neither recorded nor refused: introspection has to tell whether it took effect. */
  uncertain: number | undefined;
}

class Run {
  private readonly engine: Engine;
  private readonly db: LedgerDb;
  private readonly direction: Direction;
  private readonly planned: PlannedMigration;
  private readonly options: ApplyOptions;
  private readonly committed: Committed;
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
    const { done, earlier } = planned;
    // A step that the server refused did not happen; one that a run was cut off at may have.
    this.committed = {
      begun: earlier !== 'none',
      reached: done,
      uncertain: earlier === 'cut off' ? done + 1 : undefined,
    };
  }

  async run(): Promise<void> {
    const stretches = this.stretches();
    try {
      if (this.committed.begun) await this.patiently(() => recordResumption(this.db, this.planned.version));
      for (const [index, stretch] of stretches.entries()) {
        this.options.lock.signal.throwIfAborted();
        const last = index === stretches.length - 1;
        await this.patiently(() =>
          stretch.kind === 'alone' ? this.alone(stretch, last) : this.together(stretch, last),
        );
        this.committed.reached = stretch.steps.at(-1)?.[0] ?? this.committed.reached;
      }
    } catch (error) {
      throw await this.failed(error);
    }
  }

  private stretches(): Stretch[] {
    const { steps, done } = this.planned;
    const left = this.options.fake
      ? []
      : steps.map((step, index) => [index + 1, step] as const).filter(([place]) => place > done);
    const stretches: { steps: (readonly [number, Step])[]; kind: Kind }[] = [];
    for (const entry of left) {
      const kind = this.kindOf(entry[1]);
      const current = stretches.at(-1);
      if (kind !== 'alone' && current?.kind === kind) current.steps.push(entry);
      else stretches.push({ steps: [entry], kind });
    }
    // Nothing left to run: what is left is to record it.
    return stretches.length > 0
      ? stretches
      : [{ steps: [], kind: this.engine.capabilities.transactionalDdl ? 'schema' : 'alone' }];
  }

  /** Where DDL cannot touch rows, it has transactions of its own: its locks are not held while rows are changed. */
  private kindOf(step: Step): Kind {
    const { transactionalDdl, ddlKeepsRows } = this.engine.capabilities;
    if (step.changesRows !== undefined && ddlKeepsRows) return 'rows';
    return transactionalDdl && !step.alone ? 'schema' : 'alone';
  }

  private async together(stretch: Stretch, last: boolean): Promise<void> {
    const guard = await RowGuard.over(
      this.engine,
      stretch.steps.map(([, step]) => step),
    );
    const transaction = this.db.transaction();
    // Counted in one moment, so that the rows that others write meanwhile are not taken for its own; what is destroyed
    // is looked at as it is now.
    const whole = stretch.kind === 'rows' ? transaction.setIsolationLevel('repeatable read') : transaction;
    const work = whole.execute(async (db) => {
      const session = db as unknown as Kysely<unknown>;
      await guard?.count(session);
      if (!this.committed.begun) await this.recordBeginning(db);
      for (const [place, step] of stretch.steps) await this.execute(db, place, step);
      await guard?.requireSame(session);
      await this.recordReached(db, stretch, last);
    });
    await work.catch((error: unknown) => {
      // A transaction that was refused is certain to have left nothing.
      if (!serverIsGone(error)) this.committed.uncertain = undefined;
      throw error;
    });
    this.committed.begun = true;
  }

  private async alone(stretch: Stretch, last: boolean): Promise<void> {
    if (!this.committed.begun) {
      await this.recordBeginning(this.db);
      this.committed.begun = true;
    }
    for (const [place, step] of stretch.steps) await this.executeOnce(place, step);
    await this.recordReached(this.db, stretch, last);
    this.committed.uncertain = undefined;
  }

  /** Sends a statement that commits by itself, unless it has taken effect before. */
  private async executeOnce(place: number, step: Step): Promise<void> {
    const mayBeThere = this.committed.uncertain === place;
    const isThere =
      (mayBeThere || step.clearing !== undefined) && (await effectIsThere(this.engine, step.effect));
    if (mayBeThere && isThere) return;
    // What introspection does not count as there, as an invalid index, is what a failed try has left.
    if (step.clearing !== undefined && !isThere) await sql.raw(step.clearing).execute(this.db);
    this.committed.uncertain = place;
    try {
      await this.execute(this.db, place, step);
    } catch (error) {
      // The server's no is certain; a connection that is gone leaves it open.
      if (!serverIsGone(error)) this.committed.uncertain = undefined;
      throw error;
    }
  }

  private async execute(db: LedgerDb, place: number, step: Step): Promise<void> {
    this.options.lock.signal.throwIfAborted();
    this.place = place;
    this.tell('begun');
    const { checkDestruction } = this.options;
    const { destroys } = step;
    if (destroys && checkDestruction) {
      const session = db as unknown as Kysely<unknown>;
      await this.engine.exclusively(session, destroys.table, async () => {
        await checkDestruction(session, destroys);
        await send(db, step);
      });
    } else await send(db, step);
    this.tell('done');
  }

  private patiently(attempt: () => Promise<void>): Promise<void> {
    const { lock, signal, patienceMs } = this.options;
    return patiently(attempt, {
      signals: [lock.signal, signal],
      patienceMs,
      onWait: () => this.tell('waiting'),
    });
  }

  private async recordBeginning(db: LedgerDb): Promise<void> {
    const { steps, wayBack, version } = this.planned;
    if (this.direction === 'up') await recordStart(db, this.planned, steps, wayBack);
    else {
      if (this.planned.halfWayUp) await recordWayBack(db, version, steps);
      await recordReturn(db, version, steps.length);
    }
  }

  private async recordReached(db: LedgerDb, stretch: Stretch, last: boolean): Promise<void> {
    const { version, steps } = this.planned;
    if (!last) await recordStep(db, version, stretch.steps.at(-1)?.[0] ?? 0);
    else if (this.direction === 'up') await recordApplied(db, version, steps.length);
    else await forget(db, version);
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

  private async failed(error: unknown): Promise<unknown> {
    // The row says how far it came; the next run goes on.
    if (serverIsGone(error) || isMultiFlexiError(error, 'INTERRUPTED')) return error;
    const { version, name, steps } = this.planned;
    const message = error instanceof Error ? error.message : String(error);
    // A ledger that cannot be written now says `running`, which is true enough; the cause is what must be told.
    const nothingKept = await this.recordWhatIsSo(message).catch(() => !this.committed.begun);
    const step = steps[this.place - 1];
    const what = step ? `step ${this.place} of ${steps.length} (${step.summary})` : 'the ledger';
    const command = this.direction === 'up' ? 'db:migrate' : 'db:rollback';
    const next = nothingKept
      ? `Nothing of it was kept. Mend the cause and run multiflexi-cli ${command} again.`
      : `The steps before it are done and recorded. Mend the cause and run multiflexi-cli ${command} again; it goes on at this step.`;
    const way = this.direction === 'up' ? 'Migration' : 'Rollback of migration';
    // These say better what to do; the others are of a server that does not know what was going on.
    const own = isMultiFlexiError(error, 'CHANGED_MEANWHILE') || isMultiFlexiError(error, 'ROWS_CHANGED');
    return new MultiFlexiError(
      own ? error.code : 'MIGRATION_FAILED',
      `${way} ${version} ${name} failed at ${what}: ${message}`,
      { next: own ? error.next : next, cause: error },
    );
  }

  /** @returns whether the migration is what it was before, because nothing of it is in the database */
  private async recordWhatIsSo(message: string): Promise<boolean> {
    const { version, before } = this.planned;
    const { begun, reached, uncertain } = this.committed;
    if (!begun) return true;
    const nothingDone = reached === 0 && uncertain === undefined;
    if (nothingDone && this.direction === 'up') await forget(this.db, version);
    else if (nothingDone && before) await restore(this.db, before);
    else await recordFailure(this.db, version, message, uncertain === undefined ? 'failed' : 'running');
    return nothingDone && (this.direction === 'up' || before !== undefined);
  }
}

/** Our session ended, or another one could not be opened any more. */
function serverIsGone(error: unknown): boolean {
  return isMultiFlexiError(error, 'CONNECTION_LOST') || isMultiFlexiError(error, 'SERVER_UNREACHABLE');
}
