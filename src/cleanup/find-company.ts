import type { Engine } from '../engines/index.ts';
import { MultiFlexiError } from '../errors.ts';
import type { Database } from '../schema/index.ts';

/** By slug, else by id. @throws UNKNOWN_TARGET */
export async function findCompany(engine: Engine, word: string): Promise<bigint> {
  const db = engine.kysely<Database>();
  const bySlug = await db.selectFrom('company').select('id').where('slug', '=', word).executeTakeFirst();
  if (bySlug) return bySlug.id;
  const id = /^\d{1,18}$/.test(word) ? BigInt(word) : undefined;
  const byId =
    id !== undefined && (await db.selectFrom('company').select('id').where('id', '=', id).executeTakeFirst());
  if (byId) return byId.id;
  throw new MultiFlexiError('UNKNOWN_TARGET', `There is no company ${word}; nothing was done.`, {
    next: 'Give its slug or its id.',
  });
}
