/** What an account lacks, as the statement that gives it. */
import { type Kysely, sql } from 'kysely';
import { isMultiFlexiError } from '../../errors.ts';
import type { Sight } from '../sight.ts';

export interface MissingGrant {
  readonly user: string;
  readonly statement: string;
}

/** @param privileges with what they are on, as in `PROCESS ON *.*` */
export async function grantOf(db: Kysely<unknown>, privileges: string): Promise<MissingGrant> {
  const { rows } = await sql<{ account: string }>`select current_user() as account`.execute(db);
  const [, user = '', host = ''] = /^(.*)@(.*)$/.exec(rows[0]?.account ?? '') ?? [];
  return { user, statement: `GRANT ${privileges} TO '${user}'@'${host}'` };
}

/**
 * MySQL lists transactions and sessions with what each of them executes, in utf8mb3: for one emoji there the whole list fails.
 * The names of the character sets are the same in every language of its messages.
 */
const UNREADABLE = /\butf8mb4\b.*\butf8mb3\b/;

/** @returns what was read, or why it cannot be seen, with the grant where one is missing; any other failure is thrown */
export async function seenWith<T>(
  db: Kysely<unknown>,
  privileges: string,
  read: () => Promise<T>,
): Promise<Sight<T>> {
  try {
    return { visible: true, seen: await read() };
  } catch (error) {
    if (isMultiFlexiError(error) && UNREADABLE.test(error.message))
      return {
        visible: false,
        why: 'as the server cannot list a statement that some session executes',
        remedy: null,
      };
    if (!isMultiFlexiError(error, 'PERMISSION_DENIED')) throw error;
    const { user, statement } = await grantOf(db, privileges);
    return {
      visible: false,
      why: `as user ${user} lacks a privilege`,
      remedy: statement,
    };
  }
}
