/** Tables beside ours that are known to be of something else: they are named, and are no drift. */
import type { CatalogTable } from '../engines/index.ts';

export interface LeftOut {
  readonly table: string;
  /** Whose it is, in words. */
  readonly reason: string;
  /** A program that changes tables has made it, and should have dropped it. */
  readonly leftover?: true;
}

/** By names that their makers have documented. `TABLE` stands for a table of ours. */
const KNOWN: readonly (readonly [name: string, reason: string])[] = [
  // https://litestream.io/how-it-works/
  ['_litestream_seq', 'of Litestream'],
  ['_litestream_lock', 'of Litestream'],
  ['spatial_ref_sys', 'of a spatial extension'],
  ['geometry_columns', 'of a spatial extension'],
  // https://github.com/github/gh-ost/blob/master/doc/shared-key.md
  ['_TABLE_gho', 'a copy that gh-ost makes; drop it when no change of the table is running'],
  ['_TABLE_ghc', 'a log of gh-ost; drop it when no change of the table is running'],
  ['_TABLE_del', 'the old table that gh-ost has left; drop it when it is no longer needed'],
  // https://docs.percona.com/percona-toolkit/pt-online-schema-change.html
  ['_TABLE_new', 'a copy that pt-online-schema-change makes; drop it when no change of the table is running'],
  ['_TABLE_old', 'the old table that pt-online-schema-change has left; drop it when it is no longer needed'],
];

/** @returns undefined for a table of which nobody knows what it is */
export function neighbour(table: CatalogTable, ours: Iterable<string>): LeftOut | undefined {
  const { name, owner } = table;
  if (owner !== null) return { table: name, reason: owner };
  const names = [...ours];
  for (const [pattern, reason] of KNOWN) {
    const known = pattern.includes('TABLE') ? names.map((own) => pattern.replace('TABLE', own)) : [pattern];
    if (known.includes(name))
      return { table: name, reason, ...(pattern.startsWith('_TABLE_') ? { leftover: true } : {}) };
  }
  return undefined;
}
