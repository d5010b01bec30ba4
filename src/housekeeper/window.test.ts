/** Rows are deleted within the window alone, also over midnight. */
import { afterEach, expect, test, vi } from 'vitest';
import { openFor, windowText } from './window.ts';

const at = (time: string) => new Date(`2026-11-27T${time}`);
const NIGHT = { from: 22 * 60 + 30, to: 6 * 60 };
const HOUR_MS = 3_600_000;

test.each([
  ['22:29:59.999', 0],
  ['22:30:00.000', 7.5 * HOUR_MS],
  ['23:30:00.000', 6.5 * HOUR_MS],
  ['00:00:00.000', 6 * HOUR_MS],
  ['05:59:59.000', 1_000],
  ['06:00:00.000', 0],
  ['12:00:00.000', 0],
])('a window over midnight, at %s', (time, left) => {
  expect(openFor(NIGHT, at(time))).toBe(left);
});

test('a window within a day, one of all of it, and none', () => {
  expect(openFor({ from: 60, to: 120 }, at('01:30:00.000'))).toBe(0.5 * HOUR_MS);
  expect(openFor({ from: 60, to: 120 }, at('02:00:00.000'))).toBe(0);
  expect(openFor({ from: 0, to: 1_440 }, at('23:59:00.000'))).toBe(60_000);
  expect(openFor(null, at('12:00:00.000'))).toBeUndefined();
  expect(windowText(NIGHT)).toBe('22:30–06:00');
});

afterEach(() => vi.unstubAllEnvs());

test.each([
  // Clocks go from 2:00 to 3:00: an hour less.
  ['2026-03-28T22:30:00+01:00', 6.5],
  ['2026-03-29T03:00:00+02:00', 3],
  // Clocks go back from 3:00 to 2:00: an hour more, also in the hour that comes twice.
  ['2026-10-24T22:30:00+02:00', 8.5],
  ['2026-10-25T02:30:00+02:00', 4.5],
])('the night when clocks are changed ends at six all the same, from %s', (time, hours) => {
  vi.stubEnv('TZ', 'Europe/Prague');
  expect(openFor(NIGHT, new Date(time))).toBe(hours * HOUR_MS);
});

test('a window that the change of clocks skips is closed on that day', () => {
  vi.stubEnv('TZ', 'Europe/Prague');
  const skipped = { from: 120, to: 180 };
  for (const time of ['01:59:59+01:00', '03:00:00+02:00'])
    expect(openFor(skipped, new Date(`2026-03-29T${time}`))).toBe(0);
  expect(openFor({ from: 60, to: 180 }, new Date('2026-03-29T01:30:00+01:00'))).toBe(0.5 * HOUR_MS);
});
