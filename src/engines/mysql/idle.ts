/** A frozen client must not keep its transaction's locks for ever. */
import { type Kysely, sql } from 'kysely';

/** @param limit the session's own limit for that, in seconds: there is none that ends with the transaction */
export async function endWhenIdle(db: Kysely<unknown>, limit: string, milliseconds: number): Promise<void> {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  await sql`set session ${sql.raw(limit)} = ${sql.lit(seconds)}`.execute(db);
}
