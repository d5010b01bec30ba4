/** What can be wrong with a plan of a purge, in words. */
import { MultiFlexiError } from '../../errors.ts';
import { type NextStep, step } from '../../next-step.ts';
import { counted, rows } from '../../written-numbers.ts';

export function notAPlan(file: string): MultiFlexiError {
  return new MultiFlexiError(
    'FILE_DAMAGED',
    `The file ${file} is not a plan of this program, or is damaged.`,
    {
      next: step`Create one with ${{ input: 'dry-run' }} ${{ input: 'save-plan', value: 'FILE' }}.`,
    },
  );
}

export function moreRows(table: string, planned: number, now: number): MultiFlexiError {
  return outdated(
    `The plan counts ${counted(planned, 'row')} of ${table}, but would now delete ${rows(now)}.`,
  );
}

export function moreDependents(table: string, planned: number, now: number): MultiFlexiError {
  return outdated(
    `The plan counts ${counted(planned, 'row')} of ${table} that ${planned === 1 ? 'depends' : 'depend'} on what it deletes; now there are ${rows(now)}.`,
  );
}

/** @param planned the database it was made for @param live the one at hand */
export function planOfAnother(planned: string, live: string): MultiFlexiError {
  return outdated(
    `The plan was made for ${planned}, not for ${live}.`,
    step`Nothing was deleted. Create a plan for this database.`,
  );
}

function outdated(
  message: string,
  next: NextStep = step`Nothing was deleted. Create a new plan and check it.`,
): MultiFlexiError {
  return new MultiFlexiError('PLAN_OUTDATED', message, { next });
}

export function noSuchJob(id: bigint): MultiFlexiError {
  return new MultiFlexiError('UNKNOWN_TARGET', `There is no job ${id}.`, {
    next: 'Check the id; the job may have been deleted already.',
  });
}
