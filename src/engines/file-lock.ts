/** The lock of a file that is no database, for whoever must keep other processes out of a directory. */
import { codeOf } from '../system/index.ts';
import type { Held } from './sqlite/hold.ts';

export type { Held } from './sqlite/hold.ts';

/**
 * @param file which exists, and which this process may write: what is not writable would be held by everybody at once
 * @param waitMs how long others are waited for; nothing else happens in this process meanwhile
 * @returns undefined while somebody else holds it; `impossible` on a file system that has no locks
 */
export async function holdFile(file: string, waitMs: number): Promise<Held | 'impossible' | undefined> {
  const { hold } = await import('./sqlite/hold.ts');
  try {
    return hold(file, waitMs);
  } catch (error) {
    if (/^SQLITE_(?:IOERR|PROTOCOL|PERM)/.test(codeOf(error))) return 'impossible';
    throw error;
  }
}
