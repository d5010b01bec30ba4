/** An SQLite file whose write lock somebody else has. */
import { sql } from 'kysely';
import type { Engine } from '../../src/engines/index.ts';

/** Nobody else can write meanwhile: a purge that is begun waits. */
export async function whileLocked(
  { engine }: { readonly engine: Engine },
  work: () => Promise<void>,
): Promise<void> {
  await engine
    .kysely<unknown>()
    .connection()
    .execute(async (db) => {
      await sql`begin immediate`.execute(db);
      await work().finally(() => sql`rollback`.execute(db));
    });
}
