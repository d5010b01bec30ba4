/** Directories for files that are nobody else's business. */
import { chmodSync, mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { presence } from './file-presence.ts';

/** Parents first, each private. Node's own `recursive` never ends where a file system makes none, as in /proc. */
export function makePrivateDirectory(path: string): void {
  if (presence(path)) return;
  makePrivateDirectory(dirname(path));
  try {
    newPrivateDirectory(path);
  } catch (error) {
    // Another process may have made it meanwhile.
    if (!presence(path)?.isDirectory()) throw error;
  }
}

/** @throws the system's own error, EEXIST where something has the name already */
export function newPrivateDirectory(path: string): void {
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
