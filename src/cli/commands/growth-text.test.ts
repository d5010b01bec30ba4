import { expect, test } from 'vitest';
import type { Growth, GrowthOf } from '../../tasks/index.ts';
import { growthTable } from './growth-text.ts';

const MB = 1_000_000;

function grown(name: string, lastYear: number | null): GrowthOf {
  const changes = [1, 7, 30, 365].map((days) => ({
    days,
    bytes: days === 365 ? lastYear : days * 10 * MB,
    rows: null,
  }));
  return { name, bytes: 900 * MB, changes, daily: [1, 2, 3], rate: null, doubles: null };
}

function growth(lastYear: number | null): Growth {
  return {
    oldest: null,
    newest: null,
    whole: grown('', lastYear),
    year: [],
    tables: [grown('multiflexi_migration_step', lastYear)],
    diskFull: null,
    diskFullUnknown: 'few samples',
  };
}

const title = (text: string) => text.split('\n')[0]?.split(/ {2,}/);
const widest = (text: string) => Math.max(...text.split('\n').map((line) => line.length));
const WITHOUT = ['Table', 'Now', '1 day', '7 days', '30 days', 'Last month', 'Doubles'];
const WITH = WITHOUT.toSpliced(5, 0, '365 days');

test('the change in a year is shown as soon as the terminal is wide enough for the whole table', () => {
  const wide = growthTable(growth(3_650 * MB), undefined, 200);
  expect([title(wide), wide.split('\n')[1]]).toEqual([WITH, expect.stringContaining('+3.4 GiB')]);
  expect(growthTable(growth(3_650 * MB), undefined, widest(wide))).toBe(wide);
  const narrow = growthTable(growth(3_650 * MB), undefined, widest(wide) - 1);
  expect([title(narrow), narrow.includes('GiB')]).toEqual([WITHOUT, false]);
});

test('a year of which nothing is known takes no room', () => {
  expect(title(growthTable(growth(null), undefined, 200))).toEqual(WITHOUT);
});
