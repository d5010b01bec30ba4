/** Why a sample is not made, in words. */
import { MultiFlexiError } from '../errors.ts';
import { step } from '../next-step.ts';

/** @param rule that an option breaks, without a full stop */
export function brokenRule(rule: string): MultiFlexiError {
  return new MultiFlexiError('USAGE', `${rule}.`, { next: 'Correct the options of the sample.' });
}

export function idsNearTheirEnd(table: string, last: bigint): MultiFlexiError {
  return new MultiFlexiError(
    'USAGE',
    `The ids of table ${table} are near their highest value (${last}); there is no room for a sample after them.`,
    { next: 'Use another database for the sample.' },
  );
}

export function hasJobs(where: string): MultiFlexiError {
  return new MultiFlexiError('HAS_JOBS', `${where} already has jobs; a sample would mix with them.`, {
    next: step`Use an empty database, or add ${{ input: 'force' }} to add another sample history to the existing one.`,
  });
}

/** What the failure says of continuing is about commands that do: a sample does not. */
export function interruptedSample(failure: MultiFlexiError): MultiFlexiError {
  return failure.withNext(
    'The rows written until then are kept, and a sample cannot be continued: begin again in an empty database.',
  );
}
