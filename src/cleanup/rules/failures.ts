/** What can be wrong with policies, holds and whom they are for, in words. */
import { MultiFlexiError } from '../../errors.ts';
import { step } from '../../next-step.ts';

const LIST = { action: 'retention-list' } as const;

/** @param company its slug or id, as a person has specified it */
export function noSuchCompany(company: string): MultiFlexiError {
  return new MultiFlexiError('UNKNOWN_TARGET', `There is no company ${company}.`, {
    next: "Nothing was changed. Specify the company's slug or id.",
  });
}

export function noSuchRunTemplate(id: bigint): MultiFlexiError {
  return new MultiFlexiError('UNKNOWN_TARGET', `There is no run template ${id}.`, {
    next: 'Nothing was changed. Specify an existing id.',
  });
}

/** @param kind `job`, `run_template` or `company` */
export function nothingToHold(kind: string, id: bigint): MultiFlexiError {
  return new MultiFlexiError('UNKNOWN_TARGET', `There is no ${kind.replace('_', ' ')} ${id}.`, {
    next: 'Nothing was changed. Specify an existing id.',
  });
}

export function noSuchHold(id: bigint): MultiFlexiError {
  return new MultiFlexiError('UNKNOWN_TARGET', `There is no hold ${id}.`, {
    next: step`Run ${LIST} to see the existing holds.`,
  });
}

export function noSuchPolicy(id: bigint): MultiFlexiError {
  return new MultiFlexiError('UNKNOWN_TARGET', `There is no policy ${id}.`, {
    next: step`Run ${LIST} to see the existing policies.`,
  });
}

// Policies that make no sense.

export function policyWithoutLimit(): MultiFlexiError {
  return new MultiFlexiError(
    'USAGE',
    'A policy needs an age or a number to keep; without one it would delete nothing.',
    {
      next: step`Nothing was changed. Add ${{ input: 'older-than' }}, ${{ input: 'keep-last' }} or both.`,
    },
  );
}

export function templateOfOtherRows(): MultiFlexiError {
  return senseless('A run template applies only to jobs.');
}

export function templateAndCompany(): MultiFlexiError {
  return senseless('A policy is for a run template or for a company, not both.');
}

export function tokensAgeOnly(): MultiFlexiError {
  return senseless('Tokens are deleted by age only, for all companies.');
}

export function notArchived(): MultiFlexiError {
  return senseless('Only jobs and log entries can be archived.');
}

export function historyAgesOnly(): MultiFlexiError {
  return senseless('The history of runs is deleted by age only, for all companies.');
}

function senseless(message: string): MultiFlexiError {
  return new MultiFlexiError('USAGE', message, { next: 'Nothing was changed. Correct the policy.' });
}
