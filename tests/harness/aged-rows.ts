/** Rows with ids and instants of all kinds, and which of them are the newest by a plain sort. */
import fc from 'fast-check';
import { HIGHEST_ID, LOWEST_ID } from '../../src/schema/index.ts';

export interface AgedRow {
  readonly id: bigint;
  readonly at: string;
}

/** Ids without gaps, with few, and all over 64 bits; instants of which many are the same, in no order with the ids. */
export const agedRows: fc.Arbitrary<readonly AgedRow[]> = fc
  .oneof(
    fc.record({ first: fc.constantFrom(1n, -20n, 2n ** 53n - 5n), length: fc.nat(40) }).map(idsFrom),
    fc.uniqueArray(fc.bigInt({ min: -30n, max: 30n }), { maxLength: 40 }),
    fc.uniqueArray(
      fc.oneof(
        fc.constantFrom(LOWEST_ID, HIGHEST_ID, 0n, -1n),
        fc.bigInt({ min: LOWEST_ID, max: HIGHEST_ID }),
      ),
      { maxLength: 20 },
    ),
  )
  .chain((ids) =>
    fc
      .array(fc.nat(12), { minLength: ids.length, maxLength: ids.length })
      .map((minutes) => ids.map((id, n) => ({ id, at: instant(minutes[n] ?? 0) }))),
  );

/** From the newest to the oldest. */
export function newestFirst(rows: readonly AgedRow[]): readonly AgedRow[] {
  return [...rows].sort((a, b) => (a.at === b.at ? (a.id < b.id ? 1 : -1) : a.at < b.at ? 1 : -1));
}

export function instant(minute: number): string {
  return `2026-01-31 12:${String(minute).padStart(2, '0')}:00.000000`;
}

function idsFrom({ first, length }: { readonly first: bigint; readonly length: number }): bigint[] {
  return Array.from({ length }, (_, n) => first + BigInt(n));
}
