/** The keys of our tables: 64-bit integers with a sign. */
export const LOWEST_ID = -(2n ** 63n);
export const HIGHEST_ID = 2n ** 63n - 1n;

/**
 * An id as people write it; undefined for what is none, or none that a table could have. No negative one: the platform gives
 * none, and a sign is a slip.
 */
export function parseRowId(text: string): bigint | undefined {
  const id = /^\d{1,19}$/.test(text) ? BigInt(text) : undefined;
  return id !== undefined && id <= HIGHEST_ID ? id : undefined;
}
