/** No transaction is larger than it should be: jobs with very many children lose them first, others share one by their bytes. */
import { portions } from '../../pacing/index.ts';
import { CHILDREN, type ChildSizes, type ChildTable } from '../selection/children.ts';

/** From so many children of one table on, they are deleted in chunks of their own. */
export const MOST_ROWS = 2_000;
/** So many bytes of one job or several are deleted together: a server's log has them all once more. */
export const MOST_BYTES = 16 * 1024 * 1024;

/** A job whose children in a table are deleted before it. */
export interface LargeJob {
  readonly table: ChildTable;
  readonly job: bigint;
  /** How many of them are deleted at a time. */
  readonly rows: number;
}

export function largeJobs(sizes: ChildSizes): LargeJob[] {
  return CHILDREN.flatMap((table) =>
    [...sizes[table]]
      .filter(([, { rows, bytes }]) => rows > MOST_ROWS || bytes > MOST_BYTES)
      .map(([job, { rows, bytes }]) => {
        const fitting = Math.floor((rows * MOST_BYTES) / bytes);
        return { table, job, rows: Math.max(1, Math.min(MOST_ROWS, fitting)) };
      }),
  );
}

/** The jobs in their order, as many a transaction as bytes allow. @param emptied those that have lost their children already */
export function byTransaction(
  ids: readonly bigint[],
  sizes: ChildSizes,
  emptied: ReadonlySet<bigint>,
): Generator<bigint[]> {
  const bytesOf = (id: bigint) =>
    emptied.has(id) ? 0 : CHILDREN.reduce((sum, table) => sum + (sizes[table].get(id)?.bytes ?? 0), 0);
  return portions(ids, bytesOf, MOST_BYTES);
}
