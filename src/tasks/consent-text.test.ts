/** What must be confirmed stays readable, however many companies it is about. */
import { expect, test } from 'vitest';
import type { Oversized } from '../cleanup/index.ts';
import { consentText } from './consent-text.ts';

function textOf(guard: number, oversized: readonly Oversized[]): string {
  return consentText({ kind: 'oversized', guard, oversized, jobs: 20, confirmedBy: '20' });
}

test('thousands of companies are not named on one line', () => {
  const large = Array.from({ length: 1_501 }, (_, n) => ({ company: `company-${n}`, jobs: 3 }));
  expect(textOf(50, large)).toMatch(
    /^This would delete more than 50 % of the jobs: 3 jobs of company-0, .* and 1,491 more\.$/,
  );
  expect(textOf(50, large).length).toBeLessThan(400);
});

test('a few are all named, and none is hidden behind a number', () => {
  const few = [
    { company: null, jobs: 12 },
    { company: 'acme', jobs: 8 },
  ];
  expect(textOf(10, few)).toBe(
    'This would delete more than 10 % of the jobs: 12 of all jobs, 8 jobs of acme.',
  );
});
