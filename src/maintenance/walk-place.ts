/** Where a walk by instant and id goes on. */
import { LOWEST_ID } from '../schema/index.ts';

export interface WalkPlace {
  /** As the database has it. */
  readonly at: string;
  readonly id: bigint;
}

/** A date of zeros, or in such a year, which servers keep for sessions that are not strict, and refuse to compare with. */
export function isZeroDate({ at }: Pick<WalkPlace, 'at'>): boolean {
  return at.startsWith('0000-');
}

/** Behind all dates of zeros. */
const YEAR_ONE: WalkPlace = { at: '0001-01-01 00:00:00.000000', id: LOWEST_ID };

/**
 * @param rows a page, of so many at most, in the order of the walk
 * @returns undefined where nothing is behind it; dates of zeros that fill a page hide the others of them
 */
export function placeBehind(rows: readonly WalkPlace[], limit: number): WalkPlace | undefined {
  const last = rows.length < limit ? undefined : rows.at(-1);
  return last && (isZeroDate(last) ? YEAR_ONE : { at: last.at, id: last.id });
}
