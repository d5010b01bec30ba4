import type { Engine } from '../../engines/index.ts';
import { type Database, parseRowId } from '../../schema/index.ts';
import { noSuchCompany, noSuchRunTemplate } from './failures.ts';

/** By slug, else by id. @throws UNKNOWN_TARGET */
export async function findCompany(engine: Engine, word: string): Promise<bigint> {
  const found = await ofSlugOrId(engine, word);
  if (found !== undefined) return found;
  throw noSuchCompany(word);
}

/** The same of one that is gone, as long as rows name it. @throws UNKNOWN_TARGET */
export async function findCompanyOfRows(engine: Engine, word: string): Promise<bigint> {
  const found = await ofSlugOrId(engine, word);
  if (found !== undefined) return found;
  const id = parseRowId(word);
  if (id === undefined) throw noSuchCompany(word);
  const db = engine.kysely<Database>();
  for (const table of ['job', 'logger'] as const) {
    const row = db.selectFrom(table).select('id').where('company_id', '=', id).limit(1);
    if (await row.executeTakeFirst()) return id;
  }
  throw noSuchCompany(word);
}

async function ofSlugOrId(engine: Engine, word: string): Promise<bigint | undefined> {
  const db = engine.kysely<Database>();
  const bySlug = await db.selectFrom('company').select('id').where('slug', '=', word).executeTakeFirst();
  if (bySlug) return bySlug.id;
  const id = parseRowId(word);
  const byId =
    id !== undefined && (await db.selectFrom('company').select('id').where('id', '=', id).executeTakeFirst());
  return byId ? byId.id : undefined;
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
