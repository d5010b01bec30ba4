import { expect, test } from 'vitest';
import { entryTakes, Filling, rowTakes } from './page-fill.ts';

test('a row that fits on its page takes no other', () => {
  expect(rowTakes(100, 4096)).toEqual({ pageBytes: 107, overflowBytes: 0 });
  expect(rowTakes(4061, 4096).overflowBytes).toBe(0);
});

test('a row of one byte more takes a page of its own for it', () => {
  expect(rowTakes(4062, 4096).overflowBytes).toBe(4096);
});

test('what lies outside of its row is in whole pages, however long it is', () => {
  for (const payload of [5_000, 10_000, 1_000_000]) {
    const { overflowBytes, pageBytes } = rowTakes(payload, 4096);
    expect(overflowBytes % 4096).toBe(0);
    expect(overflowBytes + pageBytes).toBeGreaterThanOrEqual(payload);
    expect(overflowBytes).toBeLessThan(payload * 1.02 + 4096);
  }
});

test('an entry of an index leaves its page sooner than a row', () => {
  expect(entryTakes(1_100, 4096).overflowBytes).toBe(4096);
  expect(entryTakes(1_000, 4096).overflowBytes).toBe(0);
});

test('rows of more than half a page have one each, and what they leave is lost', () => {
  const large = new Filling(4096);
  for (let n = 0; n < 10; n++) large.add(2_500);
  expect(large.pages).toBe(10);
  const small = new Filling(4096);
  for (let n = 0; n < 41; n++) small.add(100);
  expect(small.pages).toBe(2);
});
