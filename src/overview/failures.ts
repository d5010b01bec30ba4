/** What can be wrong with what somebody wants to dismiss. */
import { MultiFlexiError } from '../errors.ts';

export function noSuchFinding(id: string, there: readonly string[]): MultiFlexiError {
  const names =
    there.length === 0 ? 'There is nothing to dismiss.' : `The existing findings: ${there.join(', ')}.`;
  return new MultiFlexiError('UNKNOWN_TARGET', `The overview has no finding ${id}. ${names}`, {
    next: 'Specify one of these. Only what warns or fails can be dismissed.',
  });
}
