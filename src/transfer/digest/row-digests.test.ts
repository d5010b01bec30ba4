/** Which rows differ is told by their keys, from whole digests and from what is kept of them. */
import { describe, expect, test } from 'vitest';
import { PackedDigests } from './packed-digests.ts';
import { differencesBetween, nameOfKey, RowDigests, type RowKey } from './row-digests.ts';

const digest = (word: string) => word.padEnd(16, '\u00ff');

function digests(rows: readonly (readonly [RowKey, string])[]): RowDigests {
  const all = new RowDigests();
  for (const [key, word] of rows) all.add(digest(word), key);
  return all;
}

const source = digests([
  [-5n, 'same'],
  [1n, 'new'],
  [2n, 'missing'],
  [4_000_000_000n, 'same'],
]);
const target = digests([
  [-5n, 'same'],
  [0n, 'surplus'],
  [1n, 'old'],
  [4_000_000_000n, 'same'],
]);

describe('differences', () => {
  test('are rows that go, come and change', () => {
    const wanted = { surplus: [0n], missing: [2n], changed: [1n] };
    expect(differencesBetween(source, target)).toEqual(wanted);
    expect(differencesBetween(source, PackedDigests.of(target)?.parts as RowDigests)).toEqual(wanted);
    expect(differencesBetween(source, source)).toEqual({ surplus: [], missing: [], changed: [] });
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
  });
});

describe('digests that are kept', () => {
  test('have the keys and the beginnings of the digests', () => {
    expect(PackedDigests.of(source)?.parts).toEqual({
      keys: source.keys,
      digests: source.digests.map((whole) => whole.slice(0, 8)),
    });
    expect(PackedDigests.of(digests([]))?.parts).toEqual({ keys: [], digests: [] });
  });

  test('are not kept of keys that are no numbers, or far from one another', () => {
    for (const keys of [['a'], [['a', 'b']], [1n, 2n ** 32n + 1n], [5n, 'x', 7n], [7n, 5n]])
      expect(PackedDigests.of(digests(keys.map((key) => [key, 'x'])))).toBeNull();
  });
});
