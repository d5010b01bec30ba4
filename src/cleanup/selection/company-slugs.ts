import type { Engine } from '../../engines/index.ts';
import type { Database } from '../../schema/index.ts';

/** The slugs of the companies that are there, by their ids. */
export async function companySlugs(
  engine: Engine,
  ids: readonly bigint[],
): Promise<ReadonlyMap<bigint, string>> {
  if (ids.length === 0) return new Map();
  const rows = await engine
    .kysely<Database>()
    .selectFrom('company')
    .select(['id', 'slug'])
    .where(engine.among('id', ids))
    .execute();
  return new Map(rows.map(({ id, slug }) => [id, slug]));
}
