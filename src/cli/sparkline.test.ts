import { expect, test } from 'vitest';
import { sparkline } from './sparkline.ts';

test('goes from the lowest figure to the highest', () => {
  expect(sparkline([10, 20, 30, 80], 4)).toBe('▁▂▃█');
});

test('shows a missing figure as a gap, never as a zero', () => {
  expect(sparkline([null, 5, null, 6], 4)).toBe('·▁·█');
  expect(sparkline([null, null], 2)).toBe('··');
});

test('takes the last known figure where there is less room than figures', () => {
  expect(sparkline([1, 2, 3, null, null, null], 3)).toBe('▁█·');
});

test('is flat where nothing changes, whatever the size', () => {
  expect(sparkline([7, 7, 7], 3)).toBe('▁▁▁');
});
