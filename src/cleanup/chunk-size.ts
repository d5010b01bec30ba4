/** How many rows the next chunk takes, so that a chunk lasts about as long as a busy platform can wait. */

/** The time a chunk should take, in milliseconds: whoever waits for one of its rows waits that long at most. */
const TARGET_MS = 100;
const SMALLEST = 50;
const LARGEST = 2_000;

export const FIRST_CHUNK = 200;

/** Grows at most twofold, so that one lucky chunk does not make the next one long; shrinks at once. */
export function nextChunk(rows: number, milliseconds: number): number {
  const fitting = Math.floor((rows * TARGET_MS) / Math.max(milliseconds, 1));
  return Math.max(SMALLEST, Math.min(LARGEST, rows * 2, fitting));
}
