/** Room on a disk, as far as this process may know. */
import { statfsSync } from 'node:fs';

/** Bytes that an ordinary user may still write; null where the directory is not there or not to be seen. */
export function freeBytes(directory: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return null;
  }
}
