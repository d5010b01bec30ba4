/** What can be wrong with an import, in words. Damage of a row stream is told in its own room. */
import { MultiFlexiError } from '../../errors.ts';
import { type NextStep, step } from '../../next-step.ts';
import { counted } from '../../written-numbers.ts';
import { damaged } from '../row-stream/failures.ts';

// Files.

export function nothingPipedIn(): MultiFlexiError {
  return new MultiFlexiError('USAGE', 'The standard input is a terminal, not an export.', {
    next: 'Specify a file, or pipe an export into this command.',
  });
}

export function notAnExport(file: string): MultiFlexiError {
  return new MultiFlexiError('FILE_DAMAGED', `The file ${file} is not an export of MultiFlexi.`, {
    next: step`Specify a file that ${{ action: 'export' }} wrote.`,
  });
}

export function exportOfOtherVersion(file: string): MultiFlexiError {
  return new MultiFlexiError(
    'FILE_DAMAGED',
    `The export ${file} has a format that this program does not know.`,
    {
      next: 'Use the program that wrote it, or a newer one.',
    },
  );
}

export function notUtf8(file: string): MultiFlexiError {
  return damaged(file, 'it is not valid UTF-8');
}

export function notJson(file: string): MultiFlexiError {
  return damaged(file, 'it is not valid JSON');
}

export function tablesMixed(file: string): MultiFlexiError {
  return damaged(file, 'its tables are out of order');
}

export function sumsDiffer(file: string, table: string): MultiFlexiError {
  return damaged(file, `the rows of ${table} differ from those that were exported`);
}

export function changedSinceVerified(file: string): MultiFlexiError {
  return new MultiFlexiError('CHANGED_MEANWHILE', `The file ${file} has changed since it was verified.`, {
    next: 'Import a file that nobody writes to.',
  });
}

// Files that do not fit this program.

export function newerExport(file: string, program: string, version: string): MultiFlexiError {
  return new MultiFlexiError(
    'NOT_MIGRATED',
    `The export ${file} needs migration ${version}, which this program does not have; it was written by ${program}.`,
    { next: `Use a program that has this migration: ${program} or newer.` },
  );
}

export function fileOfOtherMigrations(file: string, version: string): MultiFlexiError {
  return new MultiFlexiError(
    'NOT_MIGRATED',
    `The export ${file} is of a schema that this program cannot build: it differs at migration ${version}.`,
    {
      next: step`Bring the database that it comes from up to date (${{ action: 'migrate' }}), and export it again.`,
    },
  );
}

export function notOurTable(file: string, table: string): MultiFlexiError {
  return notOurs(file, `the table ${table}`);
}

export function notOurColumns(file: string, table: string, column: string): MultiFlexiError {
  return notOurs(file, `other columns of ${table} (${column})`);
}

function notOurs(file: string, what: string): MultiFlexiError {
  return new MultiFlexiError(
    'NOT_MIGRATED',
    `The export ${file} has ${what}, which its migrations do not make.`,
    {
      next: step`Check the schema of the database that it comes from (${{ action: 'verify' }}), and export it again.`,
    },
  );
}

/** @param row as `job with id 12` @param reason as part of a sentence */
export function valueNotHeld(file: string, row: string, reason: string): MultiFlexiError {
  return new MultiFlexiError(
    'CANNOT_BE_LOADED',
    `The row of ${row} in ${file} cannot be loaded into this database: ${reason}.`,
    {
      next: 'Nothing was written. Fix the value in the database that it comes from, and export it again; or import into another engine.',
    },
  );
}

// Databases.

const ANOTHER: NextStep = ['Nothing was written. Specify an empty database.'];

/** @param tables with rows, or all of an unknown database */
export function targetNotEmpty(where: string, tables: readonly string[]): MultiFlexiError {
  const named = tables.slice(0, 10).join(', ');
  const more = tables.length > 10 ? ` and ${tables.length - 10} more` : '';
  return new MultiFlexiError('NOT_EMPTY', `These tables in ${where} already have rows: ${named}${more}.`, {
    next: ANOTHER,
  });
}

export function unknownTables(where: string, tables: readonly string[]): MultiFlexiError {
  return new MultiFlexiError(
    'NOT_EMPTY',
    `Tables of another program are in ${where}: ${tables.slice(0, 10).join(', ')}.`,
    { next: ANOTHER },
  );
}

export function targetOfOtherVersion(where: string, found: string, wanted: string): MultiFlexiError {
  return new MultiFlexiError(
    'NOT_MIGRATED',
    `The schema of ${where} is at version ${found}, and the export was made at version ${wanted}.`,
    {
      next: step`Specify a database without tables: the import makes them at the version of the export, and migrates them then.`,
    },
  );
}

/** @param file as it was called then @param begun ISO 8601 */
export function importOfOtherFile(where: string, file: string, begun: string): MultiFlexiError {
  return new MultiFlexiError(
    'NOT_EMPTY',
    `An import of another file into ${where} was interrupted: ${file}, begun ${begun}.`,
    { next: step`Finish that import first, or specify another database.` },
  );
}

/** @param cause why nothing of the file is in the database any more */
export function importUndone(cause: MultiFlexiError, where: string): MultiFlexiError {
  return cause.withNext(
    step`${cause.nextStep} The rows that had been loaded into ${where} were deleted again.`,
  );
}

export function loadedRowsDiffer(
  table: string,
  { rows, digest }: { readonly rows: number; readonly digest: string },
  found: { readonly rows: number; readonly digest: string },
): MultiFlexiError {
  const what =
    rows === found.rows
      ? `${counted(rows, 'row')} with the digest ${found.digest} instead of ${digest}`
      : `${counted(found.rows, 'row')} instead of ${rows}`;
  return new MultiFlexiError('VERIFICATION_FAILED', `After it was loaded, ${table} has ${what}.`, {
    next: step`Check whether something else writes to this database, or a trigger changes rows (${{ action: 'verify' }}); then import into an empty database.`,
  });
}

export function nextIdTaken(table: string, next: bigint, largest: bigint): MultiFlexiError {
  return new MultiFlexiError(
    'VERIFICATION_FAILED',
    `The next row of ${table} would get the id ${next}, but ids up to ${largest} are given.`,
    { next: 'Run the same command again; it continues.' },
  );
}
