import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** How long a short command may take. Downloads say their own. */
const patience = 60_000;

/**
 * Runs a program to its end and gives what it printed.
 *
 * @throws when it fails or takes too long, with the last lines that it wrote to standard error.
 */
export async function run(
  argv: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly timeout?: number } = {},
): Promise<string> {
  const [program, ...rest] = argv;
  if (program === undefined) throw new Error('no program to run');
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  // Messages in English, since some are read here.
  const env = { ...process.env, LC_ALL: 'C', ...options.env };
  const timeout = options.timeout ?? patience;
  execFile(program, rest, { env, timeout, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
    if (error === null) return resolve(stdout);
    const why = error.killed === true ? `took longer than ${timeout / 1000} s` : 'failed';
    const said = lastLines(stderr === '' ? error.message : stderr, 6);
    reject(new Error(`${program} ${rest[0] ?? ''} ${why}: ${said}`));
  });
  return await promise;
}

/** The first executable file of that name on PATH, or in the folders named. */
export async function onPath(name: string, also: readonly string[] = []): Promise<string | undefined> {
  const found = await allOnPath(name, also);
  return found[0];
}

/** Every executable file of that name on PATH and in the folders named. */
export async function allOnPath(name: string, also: readonly string[] = []): Promise<string[]> {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...also].filter((folder) => folder !== '');
  const found: string[] = [];
  for (const file of new Set(folders.map((folder) => join(folder, name)))) {
    if (await isExecutable(file)) found.push(file);
  }
  return found;
}

/** Whether the file is there and may be run by us. */
export async function isExecutable(file: string): Promise<boolean> {
  return await access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/** The last lines of a text, without empty ones. */
export function lastLines(text: string, count: number): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-count).join('\n');
}

/** What went wrong, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
