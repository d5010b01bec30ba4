/** What an engine has found, as a finding of a check. */
import type { Trouble } from '../../engines/index.ts';
import type { CheckName, Finding } from './contract.ts';

export function findingOf(check: CheckName, { about, ...trouble }: Trouble): Omit<Finding, 'check'> {
  return { id: `${check}:${about}`, ...trouble };
}
