/**
 * Companies whose rows rules are about: all there are, and those that rows still name although they are gone, as somebody deleted
 * them with foreign keys off. Nobody else would ever look at their rows.
 */
import { sql } from 'kysely';
import type { Engine } from '../../engines/index.ts';
import type { Database } from '../../schema/index.ts';
import { ownersNamed } from './owners.ts';

/** Those that exist first; reads one entry of an index for each. @param only null for all of them */
export async function companiesWithRows(
  engine: Engine,
  table: 'job' | 'logger',
  only: bigint | null,
): Promise<readonly bigint[]> {
  if (only !== null) return [only];
  const db = engine.kysely<Database>();
  const known = await db.selectFrom('company').select('id').orderBy('id').execute();
  const { rows: gone } = await sql<{ id: bigint }>`
    select o.id from (${ownersNamed(engine, table, 'company_id')}) as o
    where not exists (select 1 from company as c where c.id = o.id) order by o.id`.execute(db);
  return [...known, ...gone].map(({ id }) => id);
}
