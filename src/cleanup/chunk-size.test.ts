import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nextChunk } from './chunk-size.ts';

test('a chunk never more than doubles, never leaves its bounds, and a slow one makes the next smaller', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 50, max: 2_000 }),
      fc.double({ min: 0, max: 1e6, noNaN: true }),
      (rows, milliseconds) => {
        const next = nextChunk(rows, milliseconds);
        expect(Number.isInteger(next)).toBe(true);
        expect(next).toBeGreaterThanOrEqual(50);
        expect(next).toBeLessThanOrEqual(Math.min(2_000, rows * 2));
        if (milliseconds > 200 && rows > 50) expect(next).toBeLessThan(rows);
      },
    ),
  );
});
