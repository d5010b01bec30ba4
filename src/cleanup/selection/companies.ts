/**
 * Companies whose rows rules are about: all there are, and those that rows still name although they are gone, as somebody deleted
 * them with foreign keys off. Nobody else would ever look at their rows.
 */
import { sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import { type Database, LOWEST_ID } from '../../schema/index.ts';

/** No installation has as many; a statement has to say some number. */
const MOST_COMPANIES = 1_000_000_000;

/** Those that exist first; reads one entry of an index for each. @param only null for all of them */
export async function companiesWithRows(
  engine: Engine,
  table: 'job' | 'logger',
  only: bigint | null,
): Promise<readonly bigint[]> {
  if (only !== null) return [only];
  const db = engine.kysely<Database>();
  const known = await db.selectFrom('company').select('id').orderBy('id').execute();
  const named = { table, column: 'company_id', from: LOWEST_ID, most: MOST_COMPANIES };
  const { rows: gone } = await sql<{ value: bigint }>`
    select v.value from (${engine.distinctValues(named)}) as v
    where not exists (select 1 from company as c where c.id = v.value) order by v.value`.execute(db);
  return [...known.map(({ id }) => id), ...gone.map(({ value }) => value)];
}
