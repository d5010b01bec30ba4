/** Instants are in the order of time, also those that only PostgreSQL has. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { beginningOf, compareInstants, earlier, isOlder, type Key, later } from './boundary.ts';

const IN_ORDER = [
  '-infinity',
  '4713-01-01 00:00:00+00 BC',
  '0500-01-02 00:00:00+00 BC',
  '0499-01-01 00:00:00+00 BC',
  '0001-12-31 00:00:00+00 BC',
  '0001-01-01 00:00:00.000000',
  '2026-11-26 12:00:00.000000',
  '2026-11-26 12:00:00.000001',
  '9999-12-31 23:59:59.999999',
  '12026-01-01 00:00:00+00',
  '294276-12-31 23:59:59.999999+00',
  'infinity',
];

test('a walk over years before Christ, or of five digits, goes forwards', () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(IN_ORDER), (some) => {
      const sorted = [...some].sort(compareInstants);
      expect(sorted).toEqual(IN_ORDER.filter((instant) => some.includes(instant)));
    }),
  );
});

test('rows of one instant have an order, so that a boundary between them neither keeps nor deletes one too many', () => {
  const at = '2026-11-26 12:00:00.000000';
  const [one, two] = [
    { at, id: 1n },
    { at, id: 2n },
  ] as const;
  expect([isOlder(one, two), isOlder(two, one), isOlder(one, one)]).toEqual([true, false, false]);
  // Nothing of the instant itself is before its beginning, whatever its id.
  expect(isOlder({ at, id: -9_223_372_036_854_775_808n }, beginningOf(at))).toBe(false);
});

test('of two boundaries the older one keeps more, whichever is named first', () => {
  const key = fc.record({ at: fc.constantFrom(...IN_ORDER), id: fc.bigInt({ min: 1n, max: 3n }) });
  const before = (a: Key) => (b: Key) => isOlder(b, a);
  fc.assert(
    fc.property(key, key, key, (a, b, row) => {
      const both = before(a)(row) && before(b)(row);
      expect([before(earlier(a, b))(row), before(earlier(b, a))(row)]).toEqual([both, both]);
      const either = before(a)(row) || before(b)(row);
      expect([before(later(a, b))(row), before(later(b, a))(row)]).toEqual([either, either]);
    }),
  );
});
