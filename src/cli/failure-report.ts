/** How a failure is told: what happened and what to do next, never a stack trace unless it is our own fault. */
import { isMultiFlexiError } from '../errors.ts';
import type { Terminal } from './terminal.ts';

export function reportFailure(error: unknown, terminal: Terminal): void {
  const report = isMultiFlexiError(error) ? error.report() : unexpected(error);
  if (terminal.json) terminal.document({ error: report });
  terminal.complain(report.message, report.next);
  if (!isMultiFlexiError(error) && terminal.verbose && error instanceof Error)
    terminal.say(error.stack ?? '');
}

/** A fault of this program: nothing in the catalogue foresaw it. */
function unexpected(error: unknown) {
  return {
    code: 'UNEXPECTED',
    message: `This should not have happened: ${error instanceof Error ? error.message : String(error)}`,
    next: 'Please report it with the output of the same command with -v.',
  };
}
