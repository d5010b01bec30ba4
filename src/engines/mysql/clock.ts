/** The server's clock. */
import { sql } from 'kysely';

/**
 * SYSDATE, as NOW is when the statement began, and would stand still while it waits for a lock. Sessions are in UTC
 * (`session.ts`), and UNIX_TIMESTAMP ends in 2038 on older servers.
 */
export const CLOCK = sql<bigint>`timestampdiff(microsecond, '1970-01-01 00:00:00', sysdate(6)) div 1000`;
