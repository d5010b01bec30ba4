/** What a cycle writes into the platform's own log: a line for each duty that did something or could not. */
import type { CycleLog } from '../tasks/index.ts';
import type { CycleResult, DutyOutcome } from './contract.ts';
import { stepText } from './duty-text.ts';

export function cycleLog({ duties }: CycleResult): CycleLog[] {
  return duties.flatMap((outcome) => {
    const entry = isOwnEcho(outcome, duties.length) ? undefined : entryOf(outcome);
    return entry === undefined ? [] : [entry];
  });
}

/**
 * A full log loses as many entries as the cycle before has written. To write that down as well would give each cycle an entry to delete,
 * and so on without an end. @param most entries of a cycle
 */
function isOwnEcho({ duty, rows, error }: DutyOutcome, most: number): boolean {
  return duty === 'log-pruning' && !error && rows <= most;
}

function entryOf({ duty, outcome, steps, error }: DutyOutcome): CycleLog | undefined {
  if (error) return { severity: 'error', message: `${duty}: ${error.message} ${error.next}` };
  if (steps.length === 0) return undefined;
  const done = steps.map((step) => stepText(step, false)).join('; ');
  const rest = outcome === 'time budget' ? ' The rest is done next time.' : '';
  const severity = steps.some(({ action }) => action === 'report') ? 'warning' : 'info';
  return { severity, message: `${duty}: ${done}.${rest}` };
}
