/** Whose rows there are: what a column of owners names, whether or not the owner is still there. */
import { type RawBuilder, sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { LOWEST_ID } from '../../schema/index.ts';

export type OwnerColumn = 'company_id' | 'run_template_id';

/** No installation has as many; a statement has to say some number. */
const MOST_OWNERS = 1_000_000_000;

/** A query for the column `id`, each owner once; it reads one entry of an index for each. */
export function ownersNamed(
  engine: Engine,
  table: 'job' | 'logger',
  column: OwnerColumn,
): RawBuilder<{ id: bigint }> {
  const values = engine.distinctValues({ table, column, from: LOWEST_ID, most: MOST_OWNERS });
  return sql`select v.value as id from (${values}) as v`;
}
