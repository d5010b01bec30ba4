/** Programs that building packages needs, run and waited for. */
import { spawnSync } from 'node:child_process';

export interface Run {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** What it printed. @throws with all that it said, where it failed or is not there */
export function run(command: string, words: readonly string[], { cwd, env = process.env }: Run): string {
  const ended = spawnSync(command, words, { cwd, env, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
  if (ended.error) throw new Error(`${command} cannot be started: ${ended.error.message}`);
  if (ended.status === 0) return ended.stdout;
  throw new Error(`${command} ${words.join(' ')} has failed:\n${ended.stdout}${ended.stderr}`);
}

/** Packages of Debian that bring what is missing here; blank where nothing is. */
export function missingTools(needed: Readonly<Record<string, string>>): string[] {
  return Object.entries(needed)
    .filter(([command]) => spawnSync('sh', ['-c', 'command -v "$1"', 'sh', command]).status !== 0)
    .map(([, debianPackage]) => debianPackage);
}
