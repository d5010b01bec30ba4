/** How a failure is told: what happened and what to do next, never a stack trace unless it is our own fault. */
import { failureDocument } from '../documents/index.ts';
import { isMultiFlexiError } from '../errors.ts';
import { commandLine } from './next-words.ts';
import type { Terminal } from './terminal.ts';

export function reportFailure(error: unknown, terminal: Terminal): void {
  const report = isMultiFlexiError(error) ? error.report(commandLine) : unexpected(error);
  if (terminal.json) terminal.document(failureDocument(report));
  terminal.complain(report.message, report.next);
  if (!isMultiFlexiError(error) && terminal.verbose && error instanceof Error)
    terminal.say(error.stack ?? '');
}

/** A fault of this program: nothing in the catalogue foresaw it. */
function unexpected(error: unknown) {
  return {
    code: 'UNEXPECTED',
    message: `Unexpected error: ${error instanceof Error ? error.message : String(error)}`,
    next: 'This is a bug. Please report it, with the output of the same command with -v.',
  };
}
