/** What can be wrong with rows on their way into a file and back, in words. */
import { MultiFlexiError } from '../errors.ts';
import { type NextStep, step } from '../next-step.ts';
import { damaged } from './row-stream/failures.ts';

// Rows and tables that cannot be saved.

/** @param row as `job with id 12` @param reason as part of a sentence */
export function rowNotRestorable(row: string, reason: string): MultiFlexiError {
  return new MultiFlexiError('CANNOT_BE_SAVED', `The row of ${row} could not be restored: ${reason}.`, {
    next: 'It was not deleted. Fix its value, or delete it without saving it.',
  });
}

export function rowTooLarge(row: string, bytes: number, most: number): MultiFlexiError {
  return rowNotRestorable(row, `its values take ${bytes} bytes, more than ${most}`);
}

export function jsonTooLarge(row: string, bytes: number, most: number): MultiFlexiError {
  return rowNotRestorable(row, `its JSON takes ${bytes} bytes, more than ${most}`);
}

export function noPrimaryKey(table: string): MultiFlexiError {
  return tableNotSaved(`Table ${table} has no primary key`);
}

export function unknownType(table: string, column: string, type: string): MultiFlexiError {
  return tableNotSaved(`Column ${table}.${column} has a type that no migration uses (${type})`);
}

function tableNotSaved(why: string): MultiFlexiError {
  return new MultiFlexiError('CANNOT_BE_SAVED', `${why}, so it cannot be saved.`, {
    next: 'Save it by other means, such as a dump of the table, and run the command again without saving it here.',
  });
}

/** Told as the cause of a failed step: without a full stop. @param column undefined for the complete table */
export function writtenMeanwhile(table: string, column: string | undefined): MultiFlexiError {
  const what = column === undefined ? 'table' : `column ${column} of`;
  return new MultiFlexiError(
    'CHANGED_MEANWHILE',
    `The ${what} ${table} was written to after it was saved, so it was not destroyed`,
    { next: 'Stop whatever writes to it, and run the command again; it is then saved again.' },
  );
}

// Files whose rows do not fit the schema.

export function tableMissing(table: string, where: string): MultiFlexiError {
  return schemaDiffers(`has rows of the table ${table}, which is not in ${where}`, SAME_SCHEMA);
}

/** @param canLeaveOut whether the caller could leave out the values of such columns */
export function columnMissing(
  table: string,
  column: string,
  where: string,
  canLeaveOut: boolean,
): MultiFlexiError {
  return schemaDiffers(
    `has values of the column ${table}.${column}, which is not in ${where}`,
    canLeaveOut
      ? step`${SAME_SCHEMA} Values of missing columns can also be left out: ${{ input: 'ignore-missing-columns' }}.`
      : SAME_SCHEMA,
  );
}

/** @param saved type in the file @param live type in the database */
export function typeDiffers(
  { table, column }: { readonly table: string; readonly column: string },
  { saved, live }: { readonly saved: string; readonly live: string },
  where: string,
): MultiFlexiError {
  return schemaDiffers(
    `has values of the column ${table}.${column} of type ${saved}, but in ${where} its type is ${live}`,
    SAME_SCHEMA,
  );
}

export function keyDiffers(
  table: string,
  { saved, live }: { readonly saved: readonly string[]; readonly live: readonly string[] },
  where: string,
): MultiFlexiError {
  return schemaDiffers(
    `has rows of ${table} by the key (${saved.join(', ')}), but in ${where} its key is (${live.join(', ')})`,
    SAME_SCHEMA,
  );
}

export function valuesMissing(table: string, column: string, where: string): MultiFlexiError {
  return schemaDiffers(
    `has no values for the column ${table}.${column}, which must have one in ${where}`,
    SAME_SCHEMA,
  );
}

const SAME_SCHEMA: NextStep = [
  'Migrate or roll back to the schema at which the file was saved, or restore into another database that has it.',
];

function schemaDiffers(why: string, next: NextStep): MultiFlexiError {
  return new MultiFlexiError('NOT_MIGRATED', `The file ${why}.`, { next });
}

// Rollback backups.

export function notARollbackBackup(file: string, purpose: string): MultiFlexiError {
  return new MultiFlexiError('FILE_DAMAGED', `The file ${file} was not saved by a rollback.`, {
    next: `It was made for: ${purpose}. Specify the file that the rollback wrote.`,
  });
}

export function contradictoryHeader(file: string): MultiFlexiError {
  return damaged(file, 'its header contradicts itself');
}

export function severalInstallations(file: string): MultiFlexiError {
  return damaged(file, 'it has more than one installation');
}

export function rowsOfBookkeeping(file: string, table: string): MultiFlexiError {
  return damaged(file, `it has rows for ${table}, which no migration makes`);
}

// Rows that were put back.

/** @param key as `id 12` */
export function restoredRowDiffers(table: string, key: string): MultiFlexiError {
  return new MultiFlexiError(
    'VERIFICATION_FAILED',
    `A restored row of ${table} differs from the saved one (${key}); it was removed again.`,
    {
      next: step`Look for a trigger or a changed column on that table (${{ action: 'verify' }}), then run the command again.`,
    },
  );
}

/** @param raise the server's own statement that raises its limit far enough */
export function statementTooLarge(
  row: string,
  bytes: number,
  { where, largest, raise }: { readonly where: string; readonly largest: number; readonly raise: string },
): MultiFlexiError {
  return new MultiFlexiError(
    'TOO_LARGE',
    `The row of ${row} needs a statement of ${bytes} bytes, and ${where} accepts at most ${largest}.`,
    {
      next: `Raise its limit (${raise}), and run the same command again; it continues where it stopped.`,
    },
  );
}
