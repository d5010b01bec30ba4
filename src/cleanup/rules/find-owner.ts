import type { Engine } from '../../engines/index.ts';
import { type Database, parseRowId } from '../../schema/index.ts';
import { noSuchCompany, noSuchRunTemplate } from './failures.ts';

/** By slug, else by id. @throws UNKNOWN_TARGET */
export async function findCompany(engine: Engine, word: string): Promise<bigint> {
  const db = engine.kysely<Database>();
  const bySlug = await db.selectFrom('company').select('id').where('slug', '=', word).executeTakeFirst();
  if (bySlug) return bySlug.id;
  const id = parseRowId(word);
  const byId =
    id !== undefined && (await db.selectFrom('company').select('id').where('id', '=', id).executeTakeFirst());
  if (byId) return byId.id;
  throw noSuchCompany(word);
}

/** @returns the same id @throws UNKNOWN_TARGET */
export async function findRunTemplate(engine: Engine, id: bigint): Promise<bigint> {
  const found = await engine
    .kysely<Database>()
    .selectFrom('run_template')
    .select('id')
    .where('id', '=', id)
    .executeTakeFirst();
  if (found) return id;
  throw noSuchRunTemplate(id);
}
