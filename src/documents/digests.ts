/** Digests of tables, and what differs between two databases. */
import type { Comparison, DigestOutcome } from '../tasks/index.ts';

type Range = DigestOutcome['tables'][number]['portions'][number]['range'];

export function digestsDocument({ tables, leftOut }: DigestOutcome) {
  return {
    tables: tables.map(({ table, sum, portions }) => ({
      table_name: table.name,
      rows: sum.rows,
      digest: sum.digest,
      ranges: portions.map(({ range, sum: part }) => ({ ...rangeOf(range), ...sumOf(part) })),
    })),
    left_out: leftOut,
  };
}

export function comparisonDocument({ isSame, tables, notComparable, leftOut }: Comparison) {
  return {
    same: isSame,
    tables: tables.map(({ table, here, there, ranges }) => ({
      table_name: table,
      same: ranges.length === 0,
      here: sumOf(here),
      there: sumOf(there),
      ranges: ranges.map(({ range, here: one, there: other, rows, count }) => ({
        ...rangeOf(range),
        here: sumOf(one),
        there: sumOf(other),
        different_rows: count,
        rows: rows.map(({ key, how }) => ({ key: [...key], difference: how })),
      })),
    })),
    not_comparable: notComparable.map(({ table, why }) => ({ table_name: table, reason: why })),
    left_out: leftOut,
  };
}

function sumOf({ rows, digest }: { readonly rows: number; readonly digest: string }) {
  return { rows, digest };
}

/** The values of a key are text: they may be larger than a number can hold. */
function rangeOf({ first, last }: Range) {
  return { first: first?.map(String) ?? null, last: last?.map(String) ?? null };
}
