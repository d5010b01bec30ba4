/** However many rows differ, no more of them are kept than there is room for. */
import { expect, test } from 'vitest';
import { RowDigests } from '../digest/row-digests.ts';
import { Kept } from './kept.ts';

test('differences are kept until there are too many', () => {
  const kept = new Kept();
  const some = { surplus: [], missing: [], changed: Array.from({ length: 150_000 }, (_, n) => BigInt(n)) };
  expect(kept.differences(some)).toBe(some);
  expect(kept.differences(some)).toBeNull();
  const few = { surplus: [1n], missing: [2n], changed: [3n] };
  expect(kept.differences(few)).toBe(few);
});

test('digests are kept until there are too many, those of the pass before among them', () => {
  const kept = new Kept();
  const rows = new RowDigests();
  rows.add('0123456789abcdef', 1n);
  const packed = kept.digests(rows.parts);
  expect([...(packed?.parts.keys ?? [])]).toEqual([1n]);
  expect(kept.still(packed, 1_999_999)).toBe(packed);
  expect(kept.still(packed, 1)).toBeNull();
  expect(kept.digests(rows.parts)).toBeNull();
  expect(kept.still(null, 0)).toBeNull();
});
