/** What jobs take along when they go: how many rows and bytes, so that no transaction is larger than it should be. */
import { sql } from 'kysely';
import type { Engine } from '../engines/index.ts';
import type { Database } from '../schema/index.ts';
import { portions } from './portions.ts';

/** The tables of what is a job's. */
export const CHILDREN = ['artifacts', 'logger'] as const;

export type ChildTable = (typeof CHILDREN)[number];

/** From so many children of one table on, a job's children are deleted in chunks of their own. */
export const MOST_ROWS = 2_000;
/** So many bytes of a job's, or of several jobs, go together: a server's log has them all once more. */
export const MOST_BYTES = 16 * 1024 * 1024;

export interface ChildSize {
  readonly rows: number;
  /** Of their contents. */
  readonly bytes: number;
}

/** Jobs that have no children in a table are not in it. */
export type ChildSizes = Readonly<Record<ChildTable, ReadonlyMap<bigint, ChildSize>>>;

const CONTENTS = { artifacts: 'content', logger: 'message' } as const;

/** Without locks. */
export async function childSizes(engine: Engine, ids: readonly bigint[]): Promise<ChildSizes> {
  const of = async (table: ChildTable) => {
    const rows = await engine
      .kysely<Database>()
      .selectFrom(table)
      .select([
        'job_id',
        sql<bigint>`count(*)`.as('n'),
        sql<bigint>`coalesce(sum(octet_length(${sql.ref(CONTENTS[table])})), 0)`.as('bytes'),
      ])
      .where(engine.among('job_id', ids))
      .groupBy('job_id')
      .execute();
    return new Map(
      rows.flatMap(({ job_id, n, bytes }): [bigint, ChildSize][] =>
        job_id === null ? [] : [[job_id, { rows: Number(n), bytes: Number(bytes) }]],
      ),
    );
  };
  return { artifacts: await of('artifacts'), logger: await of('logger') };
}

/** A job whose children in a table go before it. */
export interface Giant {
  readonly table: ChildTable;
  readonly job: bigint;
  /** How many of them go at a time. */
  readonly rows: number;
}

export function giants(sizes: ChildSizes): Giant[] {
  return CHILDREN.flatMap((table) =>
    [...sizes[table]]
      .filter(([, { rows, bytes }]) => rows > MOST_ROWS || bytes > MOST_BYTES)
      .map(([job, { rows, bytes }]) => {
        const fitting = Math.floor((rows * MOST_BYTES) / bytes);
        return { table, job, rows: Math.max(1, Math.min(MOST_ROWS, fitting)) };
      }),
  );
}

/** The jobs in their order, as many together as bytes allow; giants count as empty, since they are by then. */
export function together(ids: readonly bigint[], sizes: ChildSizes): Generator<bigint[]> {
  const emptied = new Set(giants(sizes).map(({ job }) => job));
  const bytesOf = (id: bigint) =>
    emptied.has(id) ? 0 : CHILDREN.reduce((sum, table) => sum + (sizes[table].get(id)?.bytes ?? 0), 0);
  return portions(ids, bytesOf, MOST_BYTES);
}
