import { describe, expect, test } from 'vitest';
import type { Forecast } from '../../cleanup/index.ts';
import { backlogWords } from './backlog.ts';

const NOW = Date.UTC(2026, 10, 25, 12);

describe('what is left is said as', () => {
  const pace = { left: 1_200_000, growsPerHour: 50_000, deletedPerHour: 80_000, grows: false };
  test.each<[Partial<Forecast>, string]>([
    [
      { goneAt: '2026-12-03T04:05:00.000Z' },
      '1,200,000 rows are left; at this pace they are gone on 2026-12-03.',
    ],
    [
      { goneAt: '2026-11-25T22:10:00.000Z' },
      '1,200,000 rows are left; at this pace they are gone on 2026-11-25 22:10 UTC.',
    ],
    [
      { growsPerHour: 80_000.4, deletedPerHour: 50_000, grows: true },
      '1,200,000 rows are left, and they become more: 80,000 an hour come due, 50,000 an hour are deleted. Give it a longer --time-budget or run it more often.',
    ],
    [{}, '1,200,000 rows are left; at this pace they are not gone within a hundred years.'],
    [
      { growsPerHour: null, deletedPerHour: null, grows: null },
      '1,200,000 rows are left; after the next run it can be said when they will be gone.',
    ],
  ])('%j', (change, words) => {
    expect(backlogWords({ ...pace, goneAt: null, ...change }, NOW)).toBe(words);
  });
});
