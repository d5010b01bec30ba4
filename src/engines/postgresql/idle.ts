/** A frozen client must not keep its transaction's locks for ever. */
import { type Kysely, sql } from 'kysely';

/** Both until the transaction ends: the second one is for a client that has stopped reading in the middle of an answer. */
export async function endWhenIdle(db: Kysely<unknown>, milliseconds: number): Promise<void> {
  const limit = `${Math.ceil(milliseconds)}ms`;
  await sql`
    select set_config('idle_in_transaction_session_timeout', ${limit}, true),
      set_config('tcp_user_timeout', ${limit}, true)`.execute(db);
}
