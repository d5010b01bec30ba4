/** Whether a file is there. What cannot be looked at is an error: taken for missing, it would be taken for empty next. */
import { lstatSync, type Stats, statSync } from 'node:fs';

/**
 * Follows symbolic links.
 * @returns undefined only where there is nothing of that name
 * @throws the system's own error, as where access is denied; an Error for a link that leads nowhere
 */
export function presence(path: string): Stats | undefined {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found || !lstatSync(path, { throwIfNoEntry: false })) return found;
  throw new Error('it is a symbolic link to something that does not exist');
}
