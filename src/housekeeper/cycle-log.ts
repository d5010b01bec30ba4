/** What a cycle writes into the platform's own log: a line for each duty that did something or could not. */
import type { CycleLog } from '../tasks/index.ts';
import type { CycleResult, DutyOutcome } from './contract.ts';
import { stepText } from './duty-text.ts';

export function cycleLog({ duties }: CycleResult): CycleLog[] {
  return duties.flatMap((outcome) => {
    const entry = entryOf(outcome);
    return entry === undefined ? [] : [entry];
  });
}

function entryOf({ duty, outcome, steps, error }: DutyOutcome): CycleLog | undefined {
  if (error) return { severity: 'error', message: `${duty}: ${error.message} ${error.next}` };
  if (steps.length === 0) return undefined;
  const done = steps.map((step) => stepText(step, false)).join('; ');
  const rest = outcome === 'time budget' ? ' The rest is done next time.' : '';
  const severity = steps.some(({ action }) => action === 'report') ? 'warning' : 'info';
  return { severity, message: `${duty}: ${done}.${rest}` };
}
