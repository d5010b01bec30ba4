/** What a duty does or did, in a line each: for a dry run, the log and the screen alike. */
import type { DutyStep } from '../tasks/index.ts';
import { counted } from '../written-numbers.ts';

const PRESENT: Readonly<Record<DutyStep['action'], string>> = {
  record: 'record',
  analyze: 'analyze',
  correct: 'correct',
  delete: 'delete',
  reclaim: 'reclaim',
  report: 'found',
};

const PAST: Readonly<Record<DutyStep['action'], string>> = {
  record: 'recorded',
  analyze: 'analyzed',
  correct: 'corrected',
  delete: 'deleted',
  reclaim: 'reclaimed',
  report: 'found',
};

/** @param dryRun says what would be done, otherwise what was */
export function stepText({ action, what, count, detail }: DutyStep, dryRun: boolean): string {
  const verb = (dryRun ? PRESENT : PAST)[action];
  return `${verb} ${counted(count, what, plural(what))}${detail === null ? '' : ` (${detail})`}`;
}

function plural(noun: string): string {
  return noun.replace(/([^aeiou])y$/, '$1ie').replace(/$/, 's');
}
