/** What passes between the main thread and one that sums: copies of plain data. */
import type { DatabaseSettings } from '../../../engines/index.ts';
import type { RowStreamTable } from '../../row-stream/format.ts';
import type { SumParts } from '../../row-stream/values.ts';
import type { KeyRange } from '../../rows/read-rows.ts';
import type { RowDigestParts } from '../row-digests.ts';

export type Order =
  /** Leaves the database that it had. */
  | { readonly id: number; readonly do: 'open'; readonly settings: DatabaseSettings }
  /** Sees a moment from now on, instead of the one before; null for one of its own. */
  | { readonly id: number; readonly do: 'join'; readonly moment: string | null }
  | { readonly id: number; readonly do: 'sum'; readonly table: RowStreamTable; readonly range: KeyRange }
  /** The rows' own digests too, unless the sum is the one that is known. */
  | {
      readonly id: number;
      readonly do: 'digests';
      readonly table: RowStreamTable;
      readonly range: KeyRange;
      readonly known: SumParts | null;
    };

export interface DigestsAnswer {
  readonly sum: SumParts;
  readonly rows: RowDigestParts | null;
}

/** Null for what failed: the main thread does it again itself, and learns why. */
export interface Answer {
  readonly id: number;
  readonly answer: SumParts | DigestsAnswer | 'joined' | 'open' | null;
}
