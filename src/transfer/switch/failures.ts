/** What can keep the platform from changing to another database, in words. */
import { MultiFlexiError } from '../../errors.ts';
import { type NextStep, step } from '../../next-step.ts';

const UNTOUCHED = 'The platform still uses the database that it used before';

/** @param problems sentences without a full stop @param next how they are corrected: {@link correction} */
export function cannotSwitch(problems: readonly string[], next: NextStep): MultiFlexiError {
  return new MultiFlexiError(
    'CANNOT_SWITCH',
    `The database cannot be switched yet: ${problems.join('; ')}.`,
    { next: step`${next} ${UNTOUCHED}.` },
  );
}

/** How what keeps a database from being changed is corrected, where rows without their parent are among it, and what is not ours. */
export function correction({ orphans, strange }: { orphans: boolean; strange: boolean }): NextStep {
  return step`Correct each of these, and run the same command again.${
    orphans
      ? step` ${{ action: 'housekeeper-run' }} archives and removes rows without their parent once they are a day old.`
      : ''
  }${
    strange
      ? step` With ${{ input: 'except' }} and its name, what is not of this program may stay behind.`
      : ''
  }`;
}

export function sameDatabase(where: string): MultiFlexiError {
  return new MultiFlexiError('CANNOT_SWITCH', `Both are the same database: ${where}.`, {
    next: 'Specify another one. Nothing was done.',
  });
}

export function noSettingsFile(): MultiFlexiError {
  return new MultiFlexiError(
    'USAGE',
    'The settings of the database come from the environment, or there are none: there is no file in which they could be replaced.',
    {
      next: step`Specify the settings file of the platform with ${{ input: 'environment' }}. Nothing was done.`,
    },
  );
}

/** @param file the settings */
export function nothingToReturnTo(file: string): MultiFlexiError {
  return new MultiFlexiError(
    'CANNOT_SWITCH',
    `There is no previous database to go back to: no finished switch is recorded beside ${file}.`,
    { next: 'Specify the other database itself instead. Nothing was done.' },
  );
}

/** @param journal its file */
export function damagedJournal(journal: string): MultiFlexiError {
  return new MultiFlexiError('FILE_DAMAGED', `The journal ${journal} is not a journal of this program.`, {
    next: `Move it away, and run the command again; it recognises what is already copied by its digests. ${UNTOUCHED}.`,
  });
}

/** @param differences sentences without a full stop */
export function copyDiffers(differences: readonly string[]): MultiFlexiError {
  return new MultiFlexiError(
    'VERIFICATION_FAILED',
    `The copy differs from the database, so the settings were not replaced: ${differences.join('; ')}.`,
    {
      next: `Look for somebody else who writes to the copy, and run the same command again: it copies what differs. ${UNTOUCHED}, and may write to it again.`,
    },
  );
}

/** @param expected and most in seconds */
export function stopTooLong(expected: number, most: number): MultiFlexiError {
  return new MultiFlexiError(
    'CANNOT_SWITCH',
    `The platform would have to stop writing for about ${expected} s, and ${most} s are allowed; the stop was not begun.`,
    {
      next: step`Allow more with ${{ input: 'max-stop' }}, or run the same command when less is written: what is already copied is kept. ${UNTOUCHED}.`,
    },
  );
}

/** @param most in seconds */
export function stopOverdue(most: number): MultiFlexiError {
  return new MultiFlexiError(
    'CANNOT_SWITCH',
    `The last comparison was not finished within the ${most} s that the platform may be stopped, so it was given up.`,
    {
      next: step`Allow more with ${{ input: 'max-stop' }}, or run the same command when less is written: what is already copied is kept. ${UNTOUCHED}, and may write to it again.`,
    },
  );
}
