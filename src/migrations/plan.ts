/** Which migrations are to be run, and which way: decided from sets of versions, before anything runs. */
import type { Engine } from '../engines/index.ts';
import { firstChange } from './changed.ts';
import { hasTakenEffect } from './effect.ts';
import {
  breakpointReached,
  changedSinceApplied,
  changedSinceInterrupted,
  migrationInterrupted,
  notChanged,
  noWayDown,
  rollbackInterrupted,
  unknownMigrationInterrupted,
} from './failures.ts';
import { readHashesUp, readLedger, readStepsDown } from './ledger/ledger.ts';
import { requireComplete, soundSteps } from './ledger/soundness.ts';
import type { LedgerRow, StepRow } from './ledger/tables.ts';
import { type Loss, losses } from './losses.ts';
import { compile, type Direction, type Migration, type Step } from './migration.ts';
import { type Target, targetOf } from './target.ts';

export interface PlannedMigration {
  readonly version: string;
  readonly name: string;
  readonly steps: readonly Step[];
  /** What would revert it; recorded when it is applied. */
  readonly wayBack: readonly Step[];
  /** How many of the steps an earlier run has done already. */
  readonly done: number;
  /** What an earlier run left: nothing, a run that was interrupted at a step, or one whose step the server refused. */
  readonly earlier: 'none' | 'interrupted' | 'refused';
  /** It was interrupted on its way up: its way back are only the steps that undo what exists, and is to be recorded as such. */
  readonly interruptedUp?: true;
  /** The row of an applied migration that is to go down. */
  readonly before?: LedgerRow;
  /** A newer one is applied already. */
  readonly outOfOrder: boolean;
}

export interface MigrationPlan {
  readonly direction: Direction;
  readonly migrations: readonly PlannedMigration[];
  /** What the steps would destroy that is not empty. */
  readonly losses: readonly Loss[];
  /** Applied ones that were changed since, whose new steps are to be recorded. */
  readonly accepted: readonly {
    readonly version: string;
    readonly up: readonly Step[];
    readonly down: readonly Step[];
  }[];
}

/** Ends the wait for whoever has a table locked. */
interface Interruptible {
  readonly signal?: AbortSignal | undefined;
}

export interface MigrateRequest extends Target, Interruptible {
  /** The versions of changed migrations that somebody has looked at. */
  readonly acceptChanged?: readonly string[] | undefined;
  /** The migrations are to be recorded, not run: what fixes a ledger that lacks one. */
  readonly fake?: boolean | undefined;
}

export interface RollbackRequest extends Target, Interruptible {
  /** Go past breakpoints. */
  readonly force?: boolean | undefined;
  /** Those newer than all that this program has: a newer program applied them. Goes with no target. */
  readonly unknown?: boolean | undefined;
}

/** Every pending migration up to the target, older gaps included. @throws UNKNOWN_TARGET, MIGRATION_CHANGED */
export async function planMigrate(
  engine: Engine,
  known: readonly Migration[],
  request: MigrateRequest = {},
): Promise<MigrationPlan> {
  const ledger = await readLedger(engine);
  const target = targetOf(request, versionsOf(known, ledger));
  const recorded = await readHashesUp(engine, ledger);
  const rows = new Map(ledger.map((row) => [row.version, row]));
  requireNoStranger(ledger, known);
  if (!request.fake) requireComplete(appliedOf(known, rows), known);
  const newest = ledger.findLast((row) => row.state === 'applied')?.version ?? '';
  const migrations: PlannedMigration[] = [];
  const accepted: MigrationPlan['accepted'][number][] = [];
  for (const migration of [...known].sort(byVersion)) {
    const row = rows.get(migration.version);
    const steps = compile(migration, 'up', engine.ddl);
    const wayBack = compile(migration, 'down', engine.ddl);
    const change = row && firstChange(recorded.get(row.version) ?? [], steps);
    if (row?.state === 'applied') {
      if (change === undefined) continue;
      if (!request.acceptChanged?.includes(row.version)) throw changedSinceApplied(row, change);
      accepted.push({ version: row.version, up: steps, down: wayBack });
      continue;
    }
    if (target !== undefined && migration.version > target) continue;
    if (row?.direction === 'down') throw rollbackInterrupted(row);
    const { version, name } = migration;
    // What was done is as it was; of what was not done yet, somebody has said that it is to be another one.
    const fixed =
      change !== undefined && row && change > stepsBegun(row) && request.acceptChanged?.includes(version);
    if (row && change !== undefined && !fixed) throw changedSinceInterrupted(row, change);
    if (fixed) accepted.push({ version, up: steps, down: wayBack });
    migrations.push({
      version,
      name,
      steps,
      wayBack,
      done: row?.step ?? 0,
      earlier: row ? earlierRun(row) : 'none',
      outOfOrder: version < newest,
    });
  }
  requireChanged(
    request.acceptChanged ?? [],
    accepted.map(({ version }) => version),
  );
  return {
    direction: 'up',
    migrations,
    losses: await losses(engine, stepsLeft(migrations), request.signal),
    accepted,
  };
}

/**
 * Without a target the newest applied migration; with one, every applied migration that is newer than it; with
 * `0`, all; or what this program does not know. What is run are the steps recorded when it was applied, so that a program reverts what a newer one did.
 * @throws UNKNOWN_TARGET, NO_WAY_DOWN, BREAKPOINT
 */
export async function planRollback(
  engine: Engine,
  known: readonly Migration[],
  request: RollbackRequest = {},
): Promise<MigrationPlan> {
  const ledger = await readLedger(engine);
  const target = request.unknown ? newestOf(known) : targetOf(request, versionsOf(known, ledger));
  const newestFirst = [...ledger].sort(byVersion).reverse();
  const rows =
    target === undefined ? newestOrBegun(newestFirst) : newestFirst.filter((row) => row.version > target);
  const stuck = newestFirst.find((row) => row.state !== 'applied' && row.direction === 'up');
  if (stuck && !rows.includes(stuck)) throw migrationInterrupted(stuck);
  const stop = rows.find((row) => row.breakpoint);
  if (stop && !request.force) throw breakpointReached(stop);
  const recorded = await readStepsDown(engine, ledger);
  const migrations: PlannedMigration[] = [];
  for (const row of rows) {
    const planned = goingDown(row, recorded.get(row.version) ?? [], known, engine);
    migrations.push(row === stuck ? await onlyEffectiveSteps(engine, planned) : planned);
  }
  return {
    direction: 'down',
    migrations,
    losses: await losses(engine, stepsLeft(migrations), request.signal),
    accepted: [],
  };
}

function appliedOf(known: readonly Migration[], rows: ReadonlyMap<string, LedgerRow>): Migration[] {
  return known.filter(({ version }) => rows.get(version)?.state === 'applied');
}

/** An interrupted migration that this program does not have: nothing can be built on top of it. */
function requireNoStranger(ledger: readonly LedgerRow[], known: readonly Migration[]): void {
  const stranger = ledger.find(
    (row) => row.state !== 'applied' && !known.some(({ version }) => version === row.version),
  );
  if (stranger) throw unknownMigrationInterrupted(stranger);
}

/** @throws UNKNOWN_TARGET: whoever accepts what was not changed has mistyped it, or looked at another database */
function requireChanged(accepted: readonly string[], changed: readonly string[]): void {
  const other = accepted.find((version) => !changed.includes(version));
  if (other !== undefined) throw notChanged(other);
}

function stepsLeft(migrations: readonly PlannedMigration[]): Step[] {
  return migrations.flatMap(({ steps, done }) => steps.slice(done));
}

/** One whose rollback was interrupted comes before the newest. */
function newestOrBegun(newestFirst: readonly LedgerRow[]): LedgerRow[] {
  const row = newestFirst.find(({ state }) => state !== 'applied') ?? newestFirst[0];
  return row ? [row] : [];
}

function goingDown(
  row: LedgerRow,
  recorded: readonly StepRow[],
  known: readonly Migration[],
  engine: Engine,
): PlannedMigration {
  const { version, name } = row;
  const left =
    row.state === 'applied'
      ? ({ done: 0, earlier: 'none', before: row } as const)
      : { done: row.step, earlier: earlierRun(row) };
  const common = { version, name, wayBack: [], outOfOrder: false, ...left };
  const steps = soundSteps(row, recorded);
  if (steps) return { ...common, steps };
  // A ledger of a program that did not record enough yet: then ours must be the same.
  const migration = known.find((candidate) => candidate.version === version);
  if (!migration) throw noWayDown(row);
  return { ...common, steps: compile(migration, 'down', engine.ddl) };
}

/** Of a migration that was interrupted on its way up, the steps back that have an effect. */
async function onlyEffectiveSteps(engine: Engine, planned: PlannedMigration): Promise<PlannedMigration> {
  const steps: Step[] = [];
  for (const step of planned.steps) if (!(await hasTakenEffect(engine, step.effect))) steps.push(step);
  return { ...planned, steps, done: 0, earlier: 'none', interruptedUp: true };
}

/** How many steps may have been carried out: one that was interrupted counts, one that was refused does not. */
function stepsBegun({ state, step }: LedgerRow): number {
  return state === 'failed' ? step : step + 1;
}

function earlierRun({ state }: LedgerRow): PlannedMigration['earlier'] {
  return state === 'failed' ? 'refused' : 'interrupted';
}

function versionsOf(known: readonly Migration[], ledger: readonly LedgerRow[]): string[] {
  return [...known, ...ledger].map(({ version }) => version);
}

function newestOf(known: readonly Migration[]): string {
  return [...known].sort(byVersion).at(-1)?.version ?? '0';
}

function byVersion(a: { readonly version: string }, b: { readonly version: string }): number {
  return a.version < b.version ? -1 : 1;
}
