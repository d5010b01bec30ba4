/**
 * Carries a plan out. Where the engine can roll DDL back, a migration is one transaction with its ledger row;
 * where it cannot (MySQL, MariaDB), each step is recorded as it is done, and a run that was cut off is gone on
 * with at the step it reached. The caller holds the lock.
 */
import { type Kysely, sql } from 'kysely';
import type { DdlStatement, Engine, Lock } from '../engines/index.ts';
import { isMultiFlexiError, MultiFlexiError } from '../errors.ts';
import { effectIsThere } from './effect.ts';
import {
  createLedger,
  forget,
  recordApplied,
  recordFailure,
  recordReturn,
  recordStart,
  recordStep,
} from './ledger.ts';
import type { LedgerSchema } from './ledger-tables.ts';
import { compile, type Direction, type Migration } from './migration.ts';
import type { MigrationPlan, PlannedMigration } from './plan.ts';

export interface MigrationProgress {
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
  readonly onProgress?: (progress: MigrationProgress) => void;
}

/** @returns what was run, in order. @throws MIGRATION_FAILED at the first that fails; those before it stay done. */
export async function applyMigrations(
  engine: Engine,
  plan: MigrationPlan,
  known: readonly Migration[],
  options: ApplyOptions,
): Promise<AppliedMigration[]> {
  if (plan.migrations.length > 0) await createLedger(engine);
  const done: AppliedMigration[] = [];
  for (const planned of plan.migrations) {
    options.lock.signal.throwIfAborted();
    const started = performance.now();
    const migration = known.find(({ version }) => version === planned.version);
    if (!migration) throw new Error(`the plan has ${planned.version}, the program does not`);
    const run = new Run(engine, plan.direction, migration, planned, options);
    await (engine.capabilities.transactionalDdl ? run.inOneTransaction() : run.stepByStep());
    done.push({
      version: planned.version,
      name: planned.name,
      milliseconds: Math.round(performance.now() - started),
    });
  }
  return done;
}

class Run {
  private readonly engine: Engine;
  private readonly direction: Direction;
  private readonly migration: Migration;
  private readonly planned: PlannedMigration;
  private readonly options: ApplyOptions;

  constructor(
    engine: Engine,
    direction: Direction,
    migration: Migration,
    planned: PlannedMigration,
    options: ApplyOptions,
  ) {
    this.engine = engine;
    this.direction = direction;
    this.migration = migration;
    this.planned = planned;
    this.options = options;
  }

  async inOneTransaction(): Promise<void> {
    let reached = 0;
    try {
      await this.db.transaction().execute(async (transaction) => {
        await this.recordBeginning(transaction);
        for (const [index, statement] of this.planned.statements.entries()) {
          reached = index + 1;
          await this.runStatement(transaction, statement, reached);
        }
        await this.recordEnd(transaction);
      });
    } catch (error) {
      throw this.failed(
        error,
        reached,
        'It was rolled back as a whole; mend the cause and run the command again.',
      );
    }
  }

  async stepByStep(): Promise<void> {
    const { statements, done, resumed, version } = this.planned;
    let reached = done;
    try {
      if (!resumed) await this.recordBeginning(this.db);
      for (const [index, statement] of statements.entries()) {
        if (index < done) continue;
        reached = index + 1;
        // The step after the last recorded one may have been carried out just before the run was cut off.
        const tookEffect = resumed && index === done && (await effectIsThere(this.engine, statement.effect));
        if (!tookEffect) await this.runStatement(this.db, statement, reached);
        await recordStep(this.db, version, reached);
      }
      await this.recordEnd(this.db);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      // A lost connection cannot record why; the row says `running`, with the step, and the next run goes on.
      await recordFailure(this.db, version, message).catch(() => {});
      const command = this.direction === 'up' ? 'db:migrate' : 'db:rollback';
      throw this.failed(
        error,
        reached,
        `The steps before it are done and recorded. Mend the cause and run multiflexi-cli ${command} again; it goes on at this step.`,
      );
    }
  }

  private get db(): Kysely<LedgerSchema> {
    return this.engine.kysely<LedgerSchema>();
  }

  private async runStatement(db: Kysely<LedgerSchema>, statement: DdlStatement, step: number): Promise<void> {
    this.options.lock.signal.throwIfAborted();
    const { version, name, statements } = this.planned;
    this.options.onProgress?.({
      direction: this.direction,
      version,
      name,
      step,
      steps: statements.length,
      summary: statement.summary,
    });
    await sql.raw(statement.sql).execute(db);
  }

  private async recordBeginning(db: Kysely<LedgerSchema>): Promise<void> {
    const { version, statements } = this.planned;
    if (this.direction === 'up') {
      await recordStart(db, this.migration, statements, compile(this.migration, 'down', this.engine.ddl));
    } else {
      await recordReturn(db, version, statements.length);
    }
  }

  private async recordEnd(db: Kysely<LedgerSchema>): Promise<void> {
    const { version, statements } = this.planned;
    if (this.direction === 'up') await recordApplied(db, version, statements.length);
    else await forget(db, version);
  }

  private failed(error: unknown, step: number, next: string): unknown {
    if (isMultiFlexiError(error, 'CONNECTION_LOST')) return error;
    const { version, name, statements } = this.planned;
    const statement = statements[step - 1];
    const what = statement ? `step ${step} of ${statements.length} (${statement.summary})` : 'the ledger';
    const why = error instanceof Error ? error.message : String(error);
    const way = this.direction === 'up' ? 'Migration' : 'Rollback of migration';
    return new MultiFlexiError('MIGRATION_FAILED', `${way} ${version} ${name} failed at ${what}: ${why}`, {
      next,
      cause: error,
    });
  }
}
