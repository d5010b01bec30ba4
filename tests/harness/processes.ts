/** The processes that tests start, kill and cut off. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { DatabaseSettings } from '../../src/engines/index.ts';
import type { ProcessName } from './bundle-processes.ts';

/** The file to give to Node. */
export function processFile(name: ProcessName): string {
  return join(inject('processes'), `${name}.js`);
}

/** Runs it to its end, or to somebody's `kill -9`, without a word. @returns its exit status, or the signal that ended it */
export function endOf(
  name: ProcessName,
  settings: DatabaseSettings,
  words: readonly string[],
): Promise<number | string> {
  return ended(
    spawn(process.execPath, [processFile(name), JSON.stringify(settings), ...words], { stdio: 'ignore' }),
  );
}

/** @returns its exit status, or the signal that ended it */
export async function ended(child: ChildProcess): Promise<number | string> {
  const [status, signal] = await once(child, 'exit');
  return (signal as string | null) ?? (status as number);
}
