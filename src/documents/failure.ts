/** A failure, of a command or of a part of it. */
import type { ErrorReport, MultiFlexiError } from '../errors.ts';
import type { NextStep } from '../next-step.ts';

/** Puts what can be done next into the words of whoever shows it. */
export type NextStepWriter = (next: NextStep) => string;

export function reportOf(error: MultiFlexiError, write: NextStepWriter): ErrorReport {
  return error.report(write);
}

/** @param code also one that the catalogue does not have, as UNEXPECTED */
export function failureDocument({ code, message, next }: { code: string; message: string; next: string }) {
  return { error: { code, message, next } };
}
