/** A walk that does not advance would delete nothing, for ever; one that passes a row over would leave it there. */
import { expect, test } from 'vitest';
import type { Page } from '../../pacing/index.ts';
import type { Key } from '../selection/boundary.ts';
import { cursor } from './walks.ts';

const at = (n: number): Key => ({
  at: `2026-01-01 00:00:${String(n).padStart(2, '0')}.000000`,
  id: BigInt(n),
});
const ROWS = [1, 2, 3, 4, 5].map(at);

const reading = ({ after, limit }: Page<Key>) =>
  Promise.resolve(ROWS.filter(({ id }) => !after || id > after.id).slice(0, limit));

test('every row is read once, in its order, and then there is nothing', async () => {
  const next = cursor('job', false, reading);
  const chunks = [await next(2), await next(2), await next(2), await next(2)];
  expect(chunks.map((chunk) => chunk?.ids)).toEqual([[1n, 2n], [3n, 4n], [5n], undefined]);
});

test('pages of which every row is kept are passed over, and are not the end', async () => {
  const next = cursor('job', true, reading, ({ id }) => id === 5n);
  expect(await next(2)).toEqual({ table: 'job', ids: [5n], archive: true });
  expect(await next(2)).toBeUndefined();
});

test('a statement that gives the same rows again ends the walk with an error, not with a loop', async () => {
  const next = cursor('logger', false, async () => ROWS.slice(0, 2));
  await next(2);
  await expect(next(2)).rejects.toThrow('the walk over logger does not advance');
});

test('so does one that goes back, also within one instant', async () => {
  const pages = [[{ ...at(3), id: 9n }], [{ ...at(3), id: 8n }]];
  const next = cursor('job', false, async () => pages.shift() ?? []);
  await next(1);
  await expect(next(1)).rejects.toThrow('does not advance');
});
