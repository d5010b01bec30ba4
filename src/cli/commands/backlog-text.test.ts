import { describe, expect, test } from 'vitest';
import type { Forecast } from '../../tasks/index.ts';
import { backlogText } from './backlog-text.ts';

const NOW = Date.UTC(2026, 10, 25, 12);

describe('what is left is said as', () => {
  const pace = { left: 1_200_000, growsPerHour: 50_000, deletedPerHour: 80_000, grows: false };
  test.each<[Partial<Forecast>, string]>([
    [
      { goneAt: '2026-12-03T04:05:00.000Z' },
      '1,200,000 rows are left; at this pace they will be deleted by 2026-12-03.',
    ],
    [
      { goneAt: '2026-11-25T22:10:00.000Z' },
      '1,200,000 rows are left; at this pace they will be deleted by 2026-11-25 22:10 UTC.',
    ],
    [
      { growsPerHour: 80_000.4, deletedPerHour: 50_000, grows: true },
      '1,200,000 rows are left, and the backlog is growing: 80,000 rows an hour become due, 50,000 are deleted. Use a longer --time-budget, or run it more often.',
    ],
    [{}, '1,200,000 rows are left; at this pace it would take more than a hundred years.'],
    [
      { growsPerHour: null, deletedPerHour: null, grows: null },
      '1,200,000 rows are left; an estimate follows after the next run.',
    ],
  ])('%j', (change, words) => {
    expect(backlogText({ ...pace, goneAt: null, ...change }, NOW)).toBe(words);
  });
});
