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

const LOCAL_HOSTS = ['localhost', '127.0.0.1', '::1'];

/** Whether a server runs on this machine, so that its directories are ours to look at. */
export function isLocal({
  host,
  socket,
}: {
  readonly host: string;
  readonly socket?: string | undefined;
}): boolean {
  return socket !== undefined || LOCAL_HOSTS.includes(host);
}
