/** What is deleted with a job: how many rows of which tables, and how many bytes. */
import { sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import type { Database } from '../../schema/index.ts';
import { among } from './id-ranges.ts';

/** The tables whose rows belong to a job. */
export const CHILDREN = ['artifacts', 'logger'] as const;

export type ChildTable = (typeof CHILDREN)[number];

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
      .where(among(engine, 'job_id', ids))
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
