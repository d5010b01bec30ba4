import { statSync } from 'node:fs';

/**
 * The file itself: moving or renaming it changes nothing, a copy is another one. Devices are numbered anew when a machine
 * starts, so they count only where the file system does not know when a file was made.
 */
export function fingerprint(file: string): string | null {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (!stat) return null;
  return stat.birthtimeNs > 0n ? `${stat.ino} of ${stat.birthtimeNs}` : `${stat.ino} on ${stat.dev}`;
}
