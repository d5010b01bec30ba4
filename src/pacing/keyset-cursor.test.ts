/** A walk reads every row once, and ends. */
import { expect, test } from 'vitest';
import { KeysetCursor, type Page } from './keyset-cursor.ts';

const ROWS = [1, 2, 3, 4, 5];
const isBefore = (one: number, other: number) => one < other;
const from =
  (rows: readonly number[]) =>
  async ({ after, limit }: Page<number>) =>
    rows.filter((row) => after === undefined || row > after).slice(0, limit);

test('every page begins behind the last row of the one before', async () => {
  const cursor = new KeysetCursor({ what: 'numbers', read: from(ROWS), isBefore });
  expect([await cursor.next(2), await cursor.next(2), await cursor.next(2), await cursor.next(2)]).toEqual([
    [1, 2],
    [3, 4],
    [5],
    [],
  ]);
});

test('a page that could not be read is read by the next call', async () => {
  let fails = true;
  const read = async (page: Page<number>) => {
    if (fails) throw new Error('lost');
    return from(ROWS)(page);
  };
  const cursor = new KeysetCursor({ what: 'numbers', read, isBefore });
  await expect(cursor.next(2)).rejects.toThrow('lost');
  fails = false;
  expect(await cursor.next(2)).toEqual([1, 2]);
});

test('a query that gives the same rows again is a fault, not a loop without end', async () => {
  const cursor = new KeysetCursor({ what: 'numbers', read: async () => [1, 2], isBefore });
  await cursor.next(2);
  await expect(cursor.next(2)).rejects.toThrow('does not advance');
});
