import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { DAY_MS } from '../../schema/index.ts';
import type { Point } from './change.ts';
import { rateOf, reachOf } from './forecast.ts';

const NOW = Date.UTC(2026, 10, 27, 6);
const GB = 1e9;

/** A size a day, the last one of today; null where there is no sample. */
function days(...sizes: readonly (number | null)[]): Point[] {
  return sizes.flatMap((bytes, at) =>
    bytes === null ? [] : [{ at: NOW - (sizes.length - 1 - at) * DAY_MS, bytes, rows: null }],
  );
}

const steady = (count: number, perDay: number) => Array.from({ length: count }, (_, n) => 1_000 + n * perDay);

test('nothing is foretold from too few samples, or from too little time', () => {
  expect(rateOf(days(...steady(7, 10)))).toBeNull();
  expect(rateOf(days(1, null, null, null, null, null, null, null, 9))).toBeNull();
  expect(rateOf([])).toBeNull();
  const hourly = Array.from({ length: 100 }, (_, n) => ({ at: NOW - n * 3_600_000, bytes: n, rows: null }));
  expect(rateOf(hourly.reverse())).toBeNull();
});

test('steady growth has one rate, also with gaps', () => {
  expect(rateOf(days(...steady(8, 10)))).toEqual({ perDay: 10, low: 10, high: 10, samples: 8, days: 7 });
  const gaps = steady(30, 10).map((bytes, at) => (at % 3 === 1 ? null : bytes));
  expect(rateOf(days(...gaps))).toMatchObject({ perDay: 10, low: 10, high: 10, samples: 20, days: 29 });
});

test('one purge does not turn growth into shrinking, and makes the range wider', () => {
  const sizes = steady(30, 10).map((bytes, at) => bytes - (at >= 25 ? 100 : 0));
  const rate = rateOf(days(...sizes));
  expect(rate?.perDay).toBe(10);
  expect(rate?.low).toBeLessThan(8);
  expect(rate?.high).toBe(10);
});

test('quiet weekends are none of the range: pairs are a week apart', () => {
  let size = 1_000;
  const sizes = Array.from({ length: 57 }, (_, n) => {
    size += n % 7 < 5 ? 14 : 0;
    return size;
  });
  const rate = rateOf(days(...sizes));
  expect(rate?.perDay).toBeCloseTo(10, 0);
  expect((rate?.high ?? 0) - (rate?.low ?? 0)).toBeLessThan(2.5);
});

test('the range holds the middle, whatever the sizes were', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(1e9), { minLength: 8, maxLength: 60 }), (sizes) => {
      const rate = rateOf(days(...sizes));
      expect(rate?.low).toBeLessThanOrEqual(rate?.perDay ?? Number.NaN);
      expect(rate?.perDay).toBeLessThanOrEqual(rate?.high ?? Number.NaN);
    }),
  );
});

test('a disk is full sooner with the higher rate, later with the lower one', () => {
  expect(reachOf(10 * GB, { low: GB / 10, high: GB }, NOW)).toEqual({
    earliest: NOW + 10 * DAY_MS,
    latest: NOW + 100 * DAY_MS,
  });
});

test('what grows so slowly, not at all or backwards is not within ten years', () => {
  expect(reachOf(10 * GB, { low: 0, high: GB }, NOW)).toEqual({ earliest: NOW + 10 * DAY_MS, latest: null });
  expect(reachOf(10 * GB, { low: -5, high: 0 }, NOW)).toEqual({ earliest: null, latest: null });
  expect(reachOf(10 * GB, { low: 1, high: 1_000 }, NOW)).toEqual({ earliest: null, latest: null });
});

test('what is full already is full now', () => {
  expect(reachOf(0, { low: -1, high: 1 }, NOW)).toEqual({ earliest: NOW, latest: NOW });
});
