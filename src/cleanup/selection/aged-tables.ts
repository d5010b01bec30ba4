/** Rows that belong to nobody and are deleted by their age alone: tokens, and the history of runs. */
import { RUN_AGE, type Timeline, TOKEN_AGE } from '../../schema/index.ts';
import type { FrozenAges } from '../rules/rules.ts';

export type AgedTableName = 'token' | 'housekeeping_run';

export interface AgedTable {
  readonly table: AgedTableName;
  readonly timeline: Timeline;
  /** The index that a walk over it needs. */
  readonly index: readonly string[];
  /** Rows that are older than this instant are deleted. */
  readonly before: string;
}

type Described = Omit<AgedTable, 'before'> & { readonly before: (ages: FrozenAges) => string | null };

/** A new table of this kind is a line here. */
const ALL: readonly Described[] = [
  { table: 'token', timeline: TOKEN_AGE, index: ['until'], before: ({ tokensBefore }) => tokensBefore },
  {
    table: 'housekeeping_run',
    timeline: RUN_AGE,
    index: ['started_at', 'id'],
    before: ({ historyBefore }) => historyBefore,
  },
];

/** Those of which rows are deleted. */
export function agedTables(ages: FrozenAges): readonly AgedTable[] {
  return ALL.flatMap((described) => {
    const before = described.before(ages);
    return before === null ? [] : [{ ...described, before }];
  });
}
