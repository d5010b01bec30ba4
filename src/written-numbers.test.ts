import { expect, test } from 'vitest';
import { counted, rows, utcText } from './written-numbers.ts';

test.each([
  [0, '0 indexes'],
  [1, '1 index'],
  [2, '2 indexes'],
  [999, '999 indexes'],
  [1_000, '1,000 indexes'],
  [1_234_567, '1,234,567 indexes'],
])('%i is counted', (count, text) => {
  expect(counted(count, 'index', 'indexes')).toBe(text);
});

test('a plural is formed by an s unless it is given', () => {
  expect([counted(1, 'row'), counted(3, 'row')]).toEqual(['1 row', '3 rows']);
});

test('numbers that are grouped and numbers that are not look the same', () => {
  expect([0, 7, 999, 1_000, 1.5, -3].map(rows)).toEqual(['0', '7', '999', '1,000', '1.5', '-3']);
});

test('an instant is written in UTC, to the second', () => {
  expect(utcText('2026-11-27T02:08:26.941Z')).toBe('2026-11-27 02:08:26 UTC');
});
