/** A chunk that holds its locks too long makes a platform wait: chunks follow the time that the last one took. */
import { expect, test } from 'vitest';
import { ChunkSize } from './chunk-size.ts';

const timing = { chunkMs: 100, rest: 1 };

test('one lucky chunk does not make the next one long: it grows twofold at most', () => {
  const size = new ChunkSize();
  const before = size.rows;
  size.note(before, 0, timing);
  expect(size.rows).toBe(before * 2);
});

test('a chunk that took ten times too long is followed by one of a tenth', () => {
  const size = new ChunkSize();
  size.note(500, 1_000, timing);
  expect(size.rows).toBe(50);
});

test('whatever a row weighs, the work never stands still and never takes a whole table', () => {
  const size = new ChunkSize();
  for (let times = 0; times < 20; times++) size.halve();
  size.note(1, 1_000_000, timing);
  expect(size.rows).toBe(10);
  for (let times = 0; times < 40; times++) size.note(size.rows, 1, timing);
  expect(size.rows).toBe(8_000);
});

test('where a cluster takes only small transactions, none is larger, however quick they are', () => {
  const size = new ChunkSize(1_000);
  for (let times = 0; times < 20; times++) size.note(size.rows, 1, timing);
  expect(size.rows).toBe(1_000);
});

test('a chunk of which nothing was deleted says nothing about rows', () => {
  const size = new ChunkSize();
  const before = size.rows;
  size.note(0, 5_000, timing);
  expect(size.rows).toBe(before);
});
