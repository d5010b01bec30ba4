/** Everything that the migrations refuse or fail with, in words. */
import { mebibytes } from '../engines/index.ts';
import { isMultiFlexiError, MultiFlexiError } from '../errors.ts';
import { type Action, type NextStep, step } from '../next-step.ts';
import { counted } from '../written-numbers.ts';
import type { LedgerRow } from './ledger/tables.ts';

/** What an error says of a migration. */
interface Named {
  readonly version: string;
  readonly name: string;
}

const MIGRATE: Action = { action: 'migrate' };
const ROLLBACK: Action = { action: 'rollback' };
const STATUS: Action = { action: 'status' };

// What a person has asked for.

export function versionAndDate(): MultiFlexiError {
  return new MultiFlexiError('USAGE', 'Both a version and a date are specified.', {
    next: step`Specify either ${{ input: 'target' }} or ${{ input: 'date' }}.`,
  });
}

export function notADate(date: string): MultiFlexiError {
  return new MultiFlexiError('USAGE', `Not a date: ${date}.`, {
    next: 'Write it as YYYY, YYYYMM, YYYYMMDD, or on to YYYYMMDDHHMMSS.',
  });
}

export function notAVersion(target: string, newest: string | undefined): MultiFlexiError {
  return unknownTarget(`Not a version of a migration: ${target}; nothing was done.`, newest);
}

export function noSuchVersion(target: string, newest: string | undefined): MultiFlexiError {
  return unknownTarget(`There is no migration ${target}; nothing was done.`, newest);
}

function unknownTarget(message: string, newest = 'none'): MultiFlexiError {
  return new MultiFlexiError('UNKNOWN_TARGET', message, {
    next: step`Versions have the form YYYYMMDDHHMMSS; ${STATUS} lists them (the newest is ${newest}).`,
  });
}

/** Whoever accepts what was not changed has mistyped it, or looked at another database. */
export function notChanged(version: string): MultiFlexiError {
  return new MultiFlexiError(
    'UNKNOWN_TARGET',
    `Migration ${version} has not changed since it was applied; nothing was done.`,
    { next: step`${STATUS} shows which migrations have.` },
  );
}

/** @param version undefined where no migration is applied at all */
export function notApplied(version: string | undefined): MultiFlexiError {
  const which = version === undefined ? 'No migration is applied' : `Migration ${version} is not applied`;
  return new MultiFlexiError('UNKNOWN_TARGET', `${which}, so it can have no breakpoint.`, {
    next: step`Apply migrations first: ${MIGRATE}.`,
  });
}

export function breakpointReached({ version, name }: Named): MultiFlexiError {
  return new MultiFlexiError(
    'BREAKPOINT',
    `The rollback would pass the breakpoint at ${version} ${name}; nothing was done.`,
    {
      next: step`Roll back no further than that version (${{ input: 'target', value: version }}), ignore the breakpoint with ${{ input: 'force' }}, or remove it: ${{ action: 'breakpoint', inputs: [{ input: 'unset' }, { input: 'target', value: version }] }}.`,
    },
  );
}

export function noWayDown({ version, name, program_version }: LedgerRow): MultiFlexiError {
  return new MultiFlexiError(
    'NO_WAY_DOWN',
    `Migration ${version} ${name} is applied, but this program does not have it and the ledger has no steps that revert it; nothing was done.`,
    { next: `Roll it back with the program that applied it (version ${program_version}).` },
  );
}

/** @param schema in which the tables are */
export function hiddenBySchema(where: string, schema: string): MultiFlexiError {
  return new MultiFlexiError(
    'SESSION_REFUSED',
    `The tables of ${where} are in schema ${schema}, but the search_path of this account has another schema before it.`,
    {
      next: `Nothing was changed. Put ${schema} first (ALTER ROLE … SET search_path = ${schema}). For an installation of its own in that other schema, name that one alone.`,
    },
  );
}

// Migrations that are not what they were.

/** An interrupted one continues only if its steps are those that were begun. @param place of the first step that differs */
export function changedSinceInterrupted(row: LedgerRow, place: number): MultiFlexiError {
  const acceptChanged = {
    action: 'migrate',
    inputs: [{ input: 'accept-changed', value: row.version }],
  } as const;
  const next =
    place > row.step
      ? step`If the step was fixed on purpose, continue with ${acceptChanged}; otherwise revert what is done with ${ROLLBACK}.`
      : step`Revert what is done with ${ROLLBACK}, then migrate again; or finish it with the program that began it (version ${row.program_version}).`;
  return new MultiFlexiError(
    'MIGRATION_CHANGED',
    `Migration ${row.version} ${row.name} was interrupted after ${stepsDone(row)}, and its steps are no longer those it was begun with: they differ from step ${place} on.`,
    { next },
  );
}

/** The database may not be what this program takes it for. @param place of the first step that differs */
export function changedSinceApplied({ version, name }: Named, place: number): MultiFlexiError {
  return new MultiFlexiError(
    'MIGRATION_CHANGED',
    `Migration ${version} ${name} was changed since it was applied here: step ${place} has changed.`,
    {
      next: step`Find out why. If the schema is as it should be, record the new steps with ${{ action: 'migrate', inputs: [{ input: 'accept-changed', value: version }] }}.`,
    },
  );
}

// Migrations that were interrupted.

export function rollbackInterrupted(row: LedgerRow): MultiFlexiError {
  return interrupted(row, step`Run ${ROLLBACK} first.`);
}

/** In the way of a rollback to a version beyond it. */
export function migrationInterrupted(row: LedgerRow): MultiFlexiError {
  return interrupted(row, step`Run ${MIGRATE} first, or ${ROLLBACK} without a target.`);
}

/** This program does not have it. */
export function unknownMigrationInterrupted(row: LedgerRow): MultiFlexiError {
  return row.direction === 'down'
    ? rollbackInterrupted(row)
    : interrupted(
        row,
        step`Finish it with the program that has it (version ${row.program_version}), or revert it with ${ROLLBACK}.`,
      );
}

function interrupted(row: LedgerRow, next: NextStep): MultiFlexiError {
  const what = row.direction === 'up' ? 'Migration' : 'The rollback of migration';
  return new MultiFlexiError(
    'MIGRATION_FAILED',
    `${what} ${row.version} ${row.name} was interrupted after ${stepsDone(row)}.`,
    { next },
  );
}

function stepsDone({ step: done, steps }: LedgerRow): string {
  return `${done} of ${counted(steps, 'step')}`;
}

/** Also of a migration that this program does not have: its tables are in between. */
export function notFinished(
  { version, name }: Named,
  direction: 'up' | 'down',
  where: string,
): MultiFlexiError {
  const [what, finish] =
    direction === 'up' ? ['Migration', MIGRATE] : ['The rollback of migration', ROLLBACK];
  return new MultiFlexiError('NOT_MIGRATED', `${what} ${version} ${name} was interrupted on ${where}.`, {
    next: step`Finish it with ${finish} first; ${STATUS} shows how far it is.`,
  });
}

export function importUnfinished(where: string): MultiFlexiError {
  return new MultiFlexiError('NOT_MIGRATED', `An import into ${where} has not finished.`, {
    next: step`If it is not running, run the same ${{ action: 'import' }} again; it continues. Or give it up, and use another database.`,
  });
}

export function notMigrated(pending: number, all: number, where: string): MultiFlexiError {
  return new MultiFlexiError(
    'NOT_MIGRATED',
    `${pending} of ${counted(all, 'migration')} ${pending === 1 ? 'is' : 'are'} pending on ${where}.`,
    { next: step`Run ${MIGRATE} first.` },
  );
}

// Steps that fail.

export interface FailedStep extends Named {
  readonly direction: 'up' | 'down';
  /** From 1; 0 for the ledger itself. */
  readonly place: number;
  readonly steps: readonly { readonly summary: string }[];
  /** Whether nothing of the migration is in the database. */
  readonly rolledBack: boolean;
}

/** What the database said, with the step that it was said to. */
export function stepFailed(failed: FailedStep, cause: unknown): MultiFlexiError {
  const { direction, version, name, place, steps, rolledBack } = failed;
  const found = steps[place - 1];
  const where = found ? `step ${place} of ${steps.length} (${found.summary})` : 'the ledger';
  const what = direction === 'up' ? 'Migration' : 'Rollback of migration';
  const again = direction === 'up' ? MIGRATE : ROLLBACK;
  const next = rolledBack
    ? step`It was rolled back completely. Fix the cause and run ${again} again.`
    : step`The steps before it are done and recorded. Fix the cause and run ${again} again; it continues at this step.`;
  // These say better what to do; the others are of a server that does not know what was going on.
  const own = isMultiFlexiError(cause, 'CHANGED_MEANWHILE') || isMultiFlexiError(cause, 'ROWS_CHANGED');
  const message = cause instanceof Error ? cause.message : String(cause);
  return new MultiFlexiError(
    own ? cause.code : 'MIGRATION_FAILED',
    `${what} ${version} ${name} failed at ${where}: ${message}`,
    { next: own ? cause.nextStep : next, cause },
  );
}

/** Told as the cause of {@link stepFailed}, as is {@link brokenReferences}: without a full stop. */
export function rowsChanged(table: string, before: bigint | number, after: bigint | number): MultiFlexiError {
  return new MultiFlexiError(
    'ROWS_CHANGED',
    `it changed the number of rows of ${table} from ${before} to ${after} without declaring it`,
    {
      next: 'The migration has to be fixed: a change of rows must name the tables whose number of rows it changes.',
    },
  );
}

/** @param listedBy the engine's own statement that lists all of them */
export function brokenReferences(broken: readonly string[], listedBy: string): MultiFlexiError {
  return new MultiFlexiError(
    'ROWS_CHANGED',
    `foreign keys refer to rows that do not exist: ${broken.join('; ')}`,
    {
      next: `Fix or delete those rows, then run the command again; ${listedBy} lists them all.`,
    },
  );
}

export function noRoom(table: string, bytes: number, free: number, where: string): MultiFlexiError {
  return new MultiFlexiError(
    'NO_ROOM',
    `Table ${table} takes ${mebibytes(bytes)} and has to be rewritten, but the disk of ${where} has only ${mebibytes(free)} free; nothing was done.`,
    {
      next: step`Free space on that disk (${{ action: 'size' }} shows what takes it), then run the command again.`,
    },
  );
}

// Databases that are not ours, or whose record is missing.

export function phpEdition(where: string): MultiFlexiError {
  return new MultiFlexiError(
    'FOREIGN_DATABASE',
    `This database was made by MultiFlexi's PHP edition (it has phinxlog): ${where}.`,
    {
      next: 'Nothing was changed. Keep maintaining it with the PHP edition, and give this program a database of its own.',
    },
  );
}

export function foreignDatabase(where: string): MultiFlexiError {
  return new MultiFlexiError(
    'FOREIGN_DATABASE',
    `This database has tables named like ours, but no ledger of our migrations: ${where}.`,
    { next: 'Nothing was changed. Check DB_DATABASE, or give this program a database of its own.' },
  );
}

/** A schema that exists without its record. */
export class UnrecordedSchema extends MultiFlexiError {
  /** The newest version whose schema this is exactly; undefined when it is that of none. */
  readonly version: string | undefined;

  constructor(message: string, next: NextStep, version: string | undefined) {
    super('SCHEMA_UNRECORDED', message, { next });
    this.version = version;
  }
}

/** @param what is missing, without a full stop @param version whose schema it is, undefined for none */
export function unrecordedSchema(what: string, version: Named | undefined): UnrecordedSchema {
  if (version === undefined)
    return new UnrecordedSchema(
      `${what}; the schema is not exactly that of any version. Nothing was done.`,
      step`Restore the tables of the ledger from a backup of the database, or give this program a database of its own.`,
      undefined,
    );
  const record = {
    action: 'migrate',
    inputs: [{ input: 'fake' }, { input: 'target', value: version.version }],
  } as const;
  return new UnrecordedSchema(
    `${what}; the schema is exactly that of version ${version.version} ${version.name}. Nothing was done.`,
    step`If this database is one of ours, run ${record}, which records its migrations without running them; then run ${MIGRATE} again.`,
    version.version,
  );
}
