/** Directories for files that are nobody else's business. */
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Parents first, each private. Node's own `recursive` never ends where a file system makes none, as in /proc. */
export function makePrivateDirectory(path: string): void {
  if (existsSync(path)) return;
  makePrivateDirectory(dirname(path));
  mkdirSync(path);
  // Not left to the umask, which could take even the owner's rights away.
  chmodSync(path, 0o700);
}

/** A name is on the disk only when its directory is. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
