/** No portion is too much, nothing is lost or turned round, and nothing waits for ever. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { portions } from './portions.ts';

test('no portion is too much, unless a single id is, and every id is in one, in its order', () => {
  const weights = fc.array(fc.nat(12), { maxLength: 30 });
  fc.assert(
    fc.property(weights, fc.integer({ min: 1, max: 10 }), (all, most) => {
      const ids = all.map((_, n) => BigInt(n));
      const weightOf = (id: bigint) => all[Number(id)] ?? 0;
      const split = [...portions(ids, weightOf, most)];
      expect(split.flat()).toEqual(ids);
      for (const portion of split) {
        const weight = portion.reduce((sum, id) => sum + weightOf(id), 0);
        expect(
          portion.length > 0 && (weight <= most || portion.length === 1 || weightOf(portion[0] ?? 0n) === 0),
        ).toBe(true);
      }
    }),
  );
});

test('what a portion may weigh can change between two of them, and no id is lost or said twice', () => {
  let most = 2;
  const taken: number[][] = [];
  for (const portion of portions(
    [1, 2, 3, 4, 5, 6, 7],
    () => 1,
    () => most,
  )) {
    taken.push(portion);
    most = 4;
  }
  expect(taken).toEqual([[1, 2], [3, 4, 5, 6], [7]]);
});
