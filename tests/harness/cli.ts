/** Runs the built program as an administrator starts it. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../bin/multiflexi-cli.js', import.meta.url));

export interface Finished {
  readonly exit: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** With an environment of its own: nothing of the tests' leaks in but PATH and HOME. */
export async function cli(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const done = await finished(startCli(words, environment));
  if (words.includes('json') && done.stdout !== '') {
    const { asksForJson, requireDocument } = await import('./documents.ts');
    if (asksForJson(words)) requireDocument(words, done.stdout);
  }
  return done;
}

/** With this at its standard input, through a pipe. */
export function cliFed(
  input: Buffer,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const child = startCliFed(words, environment);
  // Who does not read it to the end closes the pipe.
  child.stdin.on('error', () => {}).end(input);
  return finished(child);
}

/** To be given something at its standard input. */
export function startCliFed(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return spawn(process.execPath, [PROGRAM, ...words], { env: environmentOf(environment) });
}

export function startCli(words: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  return spawn(process.execPath, [PROGRAM, ...words], {
    env: environmentOf(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function environmentOf(environment: Readonly<Record<string, string>>) {
  return { PATH: process.env.PATH, HOME: inject('home'), ...environment };
}

export function finished(child: ChildProcessByStdio<Writable | null, Readable, Readable>): Promise<Finished> {
  return new Promise((resolve, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (exit) => resolve({ exit, stdout, stderr }));
  });
}
