/**
 * Runs one migration, on the session that holds the lock. Where the engine can roll DDL back, steps that may share a
 * transaction do, together with their ledger row; everywhere else a step runs alone and is recorded when it is done, and
 * a run that was interrupted continues at the step it reached.
 */

import { type Kysely, sql } from 'kysely';
import type { Engine } from '../engines/index.ts';
import { isMultiFlexiError } from '../errors.ts';
import { fencedTransaction } from '../leases/index.ts';
import { patiently } from '../pacing/index.ts';
import type { ApplyOptions, MigrationProgress } from './apply-options.ts';
import { hasTakenEffect } from './effect.ts';
import { stepFailed } from './failures.ts';
import {
  forget,
  type LedgerDb,
  recordApplied,
  recordFailure,
  recordResumption,
  recordReturn,
  recordStart,
  recordStep,
  recordWayBack,
  restore,
} from './ledger/ledger.ts';
import type { Direction, Step } from './migration.ts';
import type { PlannedMigration } from './plan.ts';
import { RowGuard } from './row-guard.ts';
import { send } from './send-step.ts';
import { type StepGroup, stepGroups } from './step-groups.ts';

/** How far a migration is in the database for certain: what has been committed, and what may have been. */
interface Committed {
  /** Whether the ledger says that it has begun. */
  begun: boolean;
  /** The last step that is recorded as done. */
  reached: number;
  /** A step that was sent and neither recorded nor refused: introspection has to tell whether it took effect. */
  uncertain: number | undefined;
}

export class MigrationRun {
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
    // A step that the server refused did not happen; one at which a run was interrupted may have.
    this.committed = {
      begun: earlier !== 'none',
      reached: done,
      uncertain: earlier === 'interrupted' ? done + 1 : undefined,
    };
  }

  async run(): Promise<void> {
    const groups = stepGroups(this.planned, this.engine.capabilities, this.options.fake === true);
    try {
      if (this.committed.begun) await this.patiently(() => recordResumption(this.db, this.planned.version));
      for (const [index, group] of groups.entries()) {
        this.options.lock.signal.throwIfAborted();
        const last = index === groups.length - 1;
        await this.patiently(() =>
          group.kind === 'alone' ? this.alone(group, last) : this.together(group, last),
        );
        this.committed.reached = group.steps.at(-1)?.[0] ?? this.committed.reached;
      }
    } catch (error) {
      throw await this.failed(error);
    }
  }

  private async together(group: StepGroup, last: boolean): Promise<void> {
    const guard = await RowGuard.over(
      this.engine,
      group.steps.map(([, step]) => step),
    );
    const transaction = this.db.transaction();
    // Counted in one moment, so that the rows that others write meanwhile are not taken for its own; what is destroyed
    // is looked at as it is now.
    const isolated = group.kind === 'rows' ? transaction.setIsolationLevel('repeatable read') : transaction;
    const work = isolated.execute(async (db) => {
      const session = db as unknown as Kysely<unknown>;
      await this.options.lock.fence?.hold(session);
      await guard?.count(session);
      if (!this.committed.begun) await this.recordBeginning(db);
      for (const [place, step] of group.steps) await this.execute(db, place, step);
      await guard?.requireSame(session);
      await this.recordReached(db, group, last);
    });
    await work.catch((error: unknown) => {
      // A transaction that was refused is certain to have left nothing.
      if (!serverIsGone(error)) this.committed.uncertain = undefined;
      throw error;
    });
    this.committed.begun = true;
  }

  private async alone(group: StepGroup, last: boolean): Promise<void> {
    const { fence } = this.options.lock;
    // A statement that commits by itself cannot hold it.
    if (fence) await fencedTransaction(this.engine, { fence }, async () => {});
    if (!this.committed.begun) {
      await this.recordBeginning(this.db);
      this.committed.begun = true;
    }
    for (const [place, step] of group.steps) await this.executeOnce(place, step);
    await this.recordReached(this.db, group, last);
    this.committed.uncertain = undefined;
  }

  /** Sends a statement that commits by itself, unless it has taken effect before. */
  private async executeOnce(place: number, step: Step): Promise<void> {
    const mayBeDone = this.committed.uncertain === place;
    const isDone =
      (mayBeDone || step.clearing !== undefined) && (await hasTakenEffect(this.engine, step.effect));
    if (mayBeDone && isDone) return;
    // What introspection does not count, as an invalid index, is what a failed try has left.
    if (step.clearing !== undefined && !isDone) await sql.raw(step.clearing).execute(this.db);
    this.committed.uncertain = place;
    try {
      await this.execute(this.db, place, step);
    } catch (error) {
      // The server's refusal is certain; a lost connection leaves it open.
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
        await send(this.engine, db, step);
      });
    } else await send(this.engine, db, step);
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
      if (this.planned.interruptedUp) await recordWayBack(db, version, steps);
      await recordReturn(db, version, steps.length);
    }
  }

  private async recordReached(db: LedgerDb, group: StepGroup, last: boolean): Promise<void> {
    const { version, steps } = this.planned;
    if (!last) await recordStep(db, version, group.steps.at(-1)?.[0] ?? 0);
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
    // The row says how far it came; the next run continues.
    if (serverIsGone(error) || isMultiFlexiError(error, 'INTERRUPTED')) return error;
    // Somebody else may be writing to the ledger by now.
    if (isMultiFlexiError(error, 'LEASE_LOST')) return error;
    const message = error instanceof Error ? error.message : String(error);
    // A ledger that cannot be written now says `running`, which is true enough; the cause is what must be told.
    const rolledBack = await this.recordWhatIsSo(message).catch(() => !this.committed.begun);
    const { direction, place } = this;
    return stepFailed({ ...this.planned, direction, place, rolledBack }, error);
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
