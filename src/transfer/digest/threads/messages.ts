/** What passes between the main thread and one that sums: copies of plain data. */
import type { DatabaseSettings } from '../../../engines/index.ts';
import type { RowStreamTable } from '../../row-stream/format.ts';
import type { SumParts } from '../../row-stream/values.ts';
import type { KeyRange } from '../../rows/read-rows.ts';

export interface ThreadData {
  readonly settings: DatabaseSettings;
}

export type Order =
  /** Sees a moment from now on, instead of the one before; null for one of its own. */
  | { readonly id: number; readonly do: 'join'; readonly moment: string | null }
  | { readonly id: number; readonly do: 'sum'; readonly table: RowStreamTable; readonly range: KeyRange };

/** Null for what failed: the main thread does it again itself, and learns why. */
export interface Answer {
  /** 0 for the first one: its database is open. */
  readonly id: number;
  readonly answer: SumParts | 'joined' | 'open' | null;
}
