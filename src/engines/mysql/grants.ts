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

/** @returns what was read, or the grant without which it may not be; any other failure is thrown */
export async function seenWith<T>(
  db: Kysely<unknown>,
  privileges: string,
  read: () => Promise<T>,
): Promise<Sight<T>> {
  try {
    return { visible: true, seen: await read() };
  } catch (error) {
    if (!isMultiFlexiError(error, 'PERMISSION_DENIED')) throw error;
    const { user, statement } = await grantOf(db, privileges);
    return {
      visible: false,
      why: `as user ${user} lacks a privilege`,
      remedy: statement,
    };
  }
}
