/** What can keep an export from being made, in words. */
import { type ErrorCode, MultiFlexiError } from '../../errors.ts';
import { type NextStep, step } from '../../next-step.ts';

export function noSuchExportTable(name: string, meant: string | undefined, where: string): MultiFlexiError {
  const hint = meant === undefined ? '.' : `; did you mean ${meant}?`;
  return new MultiFlexiError('UNKNOWN_TARGET', `There is no table ${name} to export in ${where}${hint}`, {
    next: step`Nothing was exported. Run ${{ action: 'size' }} to see the existing tables.`,
  });
}

export function unknownTables(names: readonly string[], where: string): MultiFlexiError {
  const [list, are] = [
    names.join(', '),
    names.length === 1 ? 'is a table that no migration' : 'are tables that no migration',
  ];
  return new MultiFlexiError('CANNOT_BE_SAVED', `In ${where} ${list} ${are} of MultiFlexi makes.`, {
    next: step`Nothing was exported. Leave ${names.length === 1 ? 'it' : 'them'} out: ${{ input: 'without', value: names.join(',') }}; or name the tables to export: ${{ input: 'tables' }}.`,
  });
}

/** @param all tables that would have to be left out as well, and those that were */
export function childrenLeftBehind(without: readonly string[], all: readonly string[]): MultiFlexiError {
  const children = all.filter((name) => !without.includes(name));
  return new MultiFlexiError(
    'USAGE',
    `Without ${without.join(', ')}, rows of these tables would refer to nothing: ${children.join(', ')}.`,
    {
      next: step`Nothing was exported. To leave them out as well: ${{ input: 'without', value: all.join(',') }}.`,
    },
  );
}

/** @param row as `job with id 12` @param other the row that it refers to */
export function rowOfAnotherCompany(row: string, column: string, other: string): MultiFlexiError {
  return new MultiFlexiError(
    'VERIFICATION_FAILED',
    `The row of ${row} belongs to the company, but its ${column} refers to ${other}, which does not.`,
    {
      next: 'Rows of another company would be needed. Correct the reference, then run the same command again.',
    },
  );
}

/** @param row as `job with id 12` */
export function strangeRow(row: string, column: string, value: string): MultiFlexiError {
  return new MultiFlexiError(
    'VERIFICATION_FAILED',
    `The row of ${row} has the ${column} ${value}, which is another company.`,
    { next: 'This is a bug: the selection of rows is wrong. Please report it.' },
  );
}

export function noRoomToExport(file: string, needed: string, free: string): MultiFlexiError {
  return new MultiFlexiError(
    'NO_ROOM',
    `The export may take ${needed}, and the disk of ${file} has ${free} free.`,
    {
      next: step`Nothing was exported. Free space, write to another disk, or export less: ${{ input: 'without', value: 'artifacts' }}.`,
    },
  );
}

export function jsonNotEncrypted(): MultiFlexiError {
  return new MultiFlexiError('USAGE', 'The JSON form is plain text: it cannot be encrypted.', {
    next: step`Write the compact form: ${{ input: 'output', value: 'backup.rows.zst' }}; or pipe the JSON through a program that encrypts, such as gpg or age.`,
  });
}

/** Of whoever reads the standard output. */
export function readerGone(): MultiFlexiError {
  return new MultiFlexiError(
    'FILE_FAILED',
    'The program that reads the export ended before the export did.',
    { next: 'Let it read to the end, or write the export to a file.' },
  );
}

/** @param names tables that were asked for */
export function noTablesOfCompanies(names: readonly string[]): MultiFlexiError {
  return new MultiFlexiError('USAGE', `No row of ${names.join(', ')} belongs to a company.`, {
    next: step`Nothing was exported. Leave it out of ${{ input: 'tables' }}, or export the rows of all companies: leave out ${{ input: 'company' }}.`,
  });
}

/** A failure while rows were written. @param file null for a stream, of which the reader has a part */
export function exportFailed(
  { code, message, nextStep }: MultiFlexiError,
  file: string | null,
  cause: unknown,
): MultiFlexiError {
  const what =
    file === null
      ? 'What was written is incomplete.'
      : code === 'INTERRUPTED'
        ? 'The incomplete file was deleted.'
        : 'Nothing was exported.';
  return new MultiFlexiError(code, message, { next: step`${what} ${nextOf(code, nextStep)}`, cause });
}

function nextOf(code: ErrorCode, next: NextStep): NextStep {
  if (code === 'CANNOT_BE_SAVED')
    return step`Fix its value, or leave its table out: ${{ input: 'without' }}.`;
  return code === 'INTERRUPTED' ? step`Run the same command again.` : next;
}
