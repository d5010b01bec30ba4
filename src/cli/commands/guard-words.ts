/** What the guard of a purge says, to somebody who is asked and in the report of a run that nobody watches. */
import type { Oversized } from '../../cleanup/index.ts';
import { rows } from '../numbers.ts';

export function oversizedWords(large: readonly Oversized[], percent: number): string {
  return `More than ${percent} % would go: ${large.map(whose).join(', ')}.`;
}

export function skippedWords(skipped: readonly Oversized[], percent: number): string {
  return `Skipped, as more than ${percent} % would go: ${skipped.map(whose).join(', ')}. Look at retention:plan; without --skip-oversized they are asked for.`;
}

function whose({ company, jobs }: Oversized): string {
  return company === null ? `${rows(jobs)} of all jobs` : `${rows(jobs)} jobs of ${company}`;
}
