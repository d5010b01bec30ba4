import { type Kysely, sql } from 'kysely';

/** A copy of a whole server can have kept its ids; but hardly its host's name as well. */
export async function fingerprint(db: Kysely<unknown>, variables: readonly string[]): Promise<string | null> {
  const parts = sql.join(variables.map((name) => sql`${sql.raw(`@@${name}`)}`));
  const { rows } = await sql<{ id: string }>`select concat_ws(' ', ${parts}, database()) as id`.execute(db);
  return rows[0]?.id ?? null;
}
