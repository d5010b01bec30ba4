import { expect, test } from 'vitest';
import { DAY_MS } from '../../schema/index.ts';
import { changesOf, dailySizes, firstOfEachDay, type Point } from './change.ts';

const NOW = Date.UTC(2026, 10, 27, 6);
const HOUR_MS = 3_600_000;
const ago = (days: number, bytes: number, rows: number | null = null): Point => ({
  at: NOW - days * DAY_MS,
  bytes,
  rows,
});
const bytesOf = (points: readonly Point[]) => changesOf(points, NOW).map(({ bytes }) => bytes);

test('tells what has changed in a day, a week, a month and a year', () => {
  const points = [ago(365, 10), ago(30, 100), ago(7, 150), ago(1, 180), ago(0, 200)];
  expect(bytesOf(points)).toEqual([20, 50, 100, 190]);
});

test('tells of a table that has become smaller', () => {
  expect(bytesOf([ago(1, 300), ago(0, 200)])[0]).toBe(-100);
});

test('knows nothing where the sample of then is missing, and never says zero', () => {
  const unknown = [null, null, null, null];
  expect(bytesOf([ago(5, 100), ago(0, 200)])).toEqual(unknown);
  expect(bytesOf([ago(361, 100), ago(0, 200)])).toEqual(unknown);
  expect(bytesOf([ago(0, 200)])).toEqual(unknown);
  expect(bytesOf([])).toEqual(unknown);
});

test('does not take a sample for one of a day ago that is four hours older', () => {
  expect(bytesOf([ago(1 + 4 / 24, 100), ago(0, 200)])[0]).toBeNull();
  expect(bytesOf([ago(1 + 2 / 24, 100), ago(0, 200)])[0]).toBe(100);
});

test('does not take an old sample for the size of today', () => {
  expect(bytesOf([ago(2, 100), ago(1, 200)])).toEqual([null, null, null, null]);
});

test('knows bytes where rows are unknown', () => {
  expect(changesOf([ago(1, 100, null), ago(0, 200, 5)], NOW)[0]).toEqual({ days: 1, bytes: 100, rows: null });
  expect(changesOf([ago(1, 100, 2), ago(0, 200, 5)], NOW)[0]).toEqual({ days: 1, bytes: 100, rows: 3 });
});

test('has a gap for each day without a sample', () => {
  expect(dailySizes([ago(3, 1), ago(1.2, 2), ago(1.1, 3), ago(0, 4)], NOW, 4)).toEqual([1, null, 3, 4]);
});

test('takes the first sample of each day', () => {
  const points = [ago(1, 1), { at: NOW - DAY_MS + HOUR_MS, bytes: 2, rows: null }, ago(0, 3)];
  expect(firstOfEachDay(points).map(({ bytes }) => bytes)).toEqual([1, 3]);
});
