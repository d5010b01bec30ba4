/** Files that are not complete yet, of processes that may have ended. */
import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { processExists } from '../../system/index.ts';

/** What a file is called until it is complete: every process has a name of its own. */
export function partialName(file: string): string {
  return `${file}.${process.pid}.partial`;
}

/** What a process that was killed has left of this file is of no use to anybody. */
export async function removeLeftovers(file: string): Promise<void> {
  const prefix = `${basename(file)}.`;
  for (const name of await readdir(dirname(file))) {
    const pid = /^(\d+)\.partial$/.exec(name.startsWith(prefix) ? name.slice(prefix.length) : '')?.[1];
    if (pid !== undefined && (Number(pid) === process.pid || !processExists(Number(pid))))
      await rm(join(dirname(file), name), { force: true });
  }
}
