import type { Kysely } from 'kysely';
import type { Database } from '../../schema/index.ts';

/** The newest job of a run template that ended `ok`; one index entry is read. */
export async function lastSuccess(db: Kysely<Database>, template: bigint): Promise<bigint | undefined> {
  const row = await db
    .selectFrom('job')
    .select('id')
    .where('run_template_id', '=', template)
    .where('status', '=', 'ok')
    .orderBy('DatCreate', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}
