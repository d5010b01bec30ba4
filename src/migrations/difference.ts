/** A place where the live schema is not the one that the applied migrations make. */
import type { DdlStatement } from '../engines/index.ts';

export interface Difference {
  readonly kind: 'missing' | 'extra' | 'different';
  readonly what:
    | 'table'
    | 'column'
    | 'primary key'
    | 'index'
    | 'foreign key'
    | 'storage'
    | 'comment'
    | 'check';
  readonly table: string;
  /** The column's, index's or foreign key column's name; null for the table itself. */
  readonly name: string | null;
  readonly expected: string | null;
  readonly found: string | null;
  /** What would fix it; none where that would destroy data or is to be decided by a person. */
  readonly fix: readonly DdlStatement[];
}

export function difference(
  kind: Difference['kind'],
  what: Difference['what'],
  table: string,
  name: string | null,
  expected: string | null,
  found: string | null,
  fix: readonly DdlStatement[] = [],
): Difference {
  return { kind, what, table, name, expected, found, fix };
}
