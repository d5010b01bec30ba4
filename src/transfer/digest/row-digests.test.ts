/** Which rows differ is told by their keys, from whole digests and from what is kept of them. */
import { describe, expect, test } from 'vitest';
import { PackedDigests } from './packed-digests.ts';
import {
  differencesBetween,
  nameOfKey,
  type RowDigestParts,
  RowDigests,
  type RowKey,
} from './row-digests.ts';

/** Those of lines go on behind what counts. */
const digest = (word: string) => word.padStart(16, '\u00ff').padEnd(32, '?');

function digests(rows: readonly (readonly [RowKey, string])[]): RowDigestParts {
  const all = new RowDigests();
  for (const [key, word] of rows) all.add(digest(word), key);
  return all.parts;
}

const source = digests([
  [-5n, 'same'],
  [1n, 'new-----------'],
  [2n, 'missing'],
  [4_000_000_000n, 'same'],
]);
const target = digests([
  [-5n, 'same'],
  [0n, 'surplus'],
  [1n, 'old-----------'],
  [4_000_000_000n, 'same'],
]);

describe('differences', () => {
  test('are rows that go, come and change', () => {
    const wanted = { surplus: [0n], missing: [2n], changed: [1n] };
    expect(differencesBetween(source, target)).toEqual(wanted);
    expect(differencesBetween(source, PackedDigests.of(target)?.parts ?? source)).toEqual(wanted);
    expect(differencesBetween(source, source)).toEqual({ surplus: [], missing: [], changed: [] });
    expect(differencesBetween(source, digests([])).missing).toEqual([...source.keys]);
    expect(differencesBetween(digests([]), source).surplus).toEqual([...source.keys]);
  });

  test('are seen in the last byte that counts, of many rows', () => {
    const many = (last: string) =>
      digests(
        Array.from({ length: 5_000 }, (_, n) => [BigInt(n), n === 4_321 ? `same${last}` : 'same'] as const),
      );
    expect(differencesBetween(many('a'), many('b'))).toEqual({ surplus: [], missing: [], changed: [4_321n] });
  });

  test('tell keys of several columns, and of bytes, apart', () => {
    const keys: RowKey[] = [
      ['a', 'b,c'],
      ['a,b', 'c'],
      Buffer.from([0xff]),
      Buffer.from([0xfe]),
      'ff',
      1n,
      '1',
    ];
    expect(new Set(keys.map(nameOfKey)).size).toBe(keys.length);
    const mixed = digests([1n, ...keys.slice(0, 4)].map((key) => [key, 'x']));
    expect([...mixed.keys]).toEqual([1n, ...keys.slice(0, 4)]);
    expect(differencesBetween(mixed, digests([[1n, 'x']])).missing).toEqual(keys.slice(0, 4));
  });
});

describe('digests that are kept', () => {
  test('have the keys and the beginnings of the digests', () => {
    const parts = PackedDigests.of(source)?.parts;
    expect(parts?.keys).toEqual(source.keys);
    const beginnings = [...source.keys].flatMap((_, place) => [
      ...source.digests.subarray(place * 16, place * 16 + 8),
    ]);
    expect([...(parts?.digests ?? [])]).toEqual(beginnings);
    expect(PackedDigests.of(digests([]))?.parts.keys).toHaveLength(0);
    const following = digests([7n, 8n, 9n].map((key) => [key, 'same']));
    expect(PackedDigests.of(following)?.parts.keys).toEqual(following.keys);
  });

  test('are not kept of keys that are no numbers, or far from one another', () => {
    for (const keys of [['a'], [['a', 'b']], [1n, 2n ** 32n + 1n], [5n, 'x', 7n], [7n, 5n]])
      expect(PackedDigests.of(digests(keys.map((key) => [key, 'x'])))).toBeNull();
  });
});
