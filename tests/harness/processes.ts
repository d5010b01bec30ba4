/** The processes that tests start, kill and cut off. */
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inject, onTestFinished } from 'vitest';
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

/**
 * A process of a test: killed when that has finished, also where it ran out of time while the process stood still. What it says on its
 * standard error is copied to ours: were ours inherited, one that is left behind would keep the whole test run from ending.
 */
export function startForTest(program: string, words: readonly string[]): ChildProcessWithoutNullStreams {
  const child = spawn(program, words);
  child.stderr.pipe(process.stderr, { end: false });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** It says that it freezes before it does: a SIGCONT in between would be lost, and it would stand still for ever. */
export async function standsStill({ pid }: ChildProcess): Promise<void> {
  // The state follows the name of the program, in parentheses.
  while (!/\) T /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await sleep(5);
}
