/** Why a purge is not begun, or its rows are kept, in words. */
import { MultiFlexiError } from '../../errors.ts';
import { step } from '../../next-step.ts';
import { counted } from '../../written-numbers.ts';

export function noArchiveDirectory(): MultiFlexiError {
  return new MultiFlexiError('USAGE', 'A policy archives rows, but no archive directory is specified.', {
    next: step`Nothing was deleted. Specify ${{ input: 'archive', value: 'DIR' }}, or set ARCHIVE_DIR.`,
  });
}

export function nothingCanBeDeleted(table: string, tried: number, reason: string): MultiFlexiError {
  return new MultiFlexiError(
    'ROWS_KEPT',
    `None of the last ${counted(tried, 'row')} of ${table} could be deleted: ${reason}.`,
    { next: 'Check what refers to these rows, and the triggers on their table.' },
  );
}

/** @param what was kept, without a full stop */
export function rowsKept(what: string): MultiFlexiError {
  return new MultiFlexiError('ROWS_KEPT', `${what}; the deletion was rolled back.`, {
    next: 'Check these tables for triggers and rules that keep rows from being deleted.',
  });
}
