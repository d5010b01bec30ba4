/** The built program as a process of its own, as its users run it: what it prints, and the memory it took at most. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { DatabaseSettings } from '../src/engines/index.ts';

const PROGRAM = fileURLToPath(new URL('../bin/multiflexi-cli.js', import.meta.url));
/** The first line of the file that starts it. */
const FLAGS = ['--max-semi-space-size=8'];
/** What the system remembers of a process is gone with it, so it is asked all the time. */
const LOOK_MS = 50;

export interface Finished<Result> {
  readonly result: Result;
  /** The largest resident set, in MiB. */
  readonly peakMb: number;
}

/** @param program another build of it, to be compared with @param more settings in its environment @throws when it fails, with what it said */
export async function runProgram<Result>(
  settings: DatabaseSettings,
  words: readonly string[],
  program = PROGRAM,
  more: Readonly<Record<string, string>> = {},
): Promise<Finished<Result>> {
  const child = spawn(process.execPath, [...FLAGS, program, '--format', 'json', ...words], {
    env: { PATH: process.env.PATH, ...environmentOf(settings), ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, said, peakKb] = ['', '', 0];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  for (let running = true; running; ) {
    peakKb = Math.max(peakKb, residentPeak(child.pid));
    running = (await Promise.race([ended, sleep(LOOK_MS, 'running')])) === 'running';
  }
  if ((await ended) !== 0) throw new Error(said);
  return { result: JSON.parse(out), peakMb: Math.round(peakKb / 1024) };
}

function residentPeak(pid: number | undefined): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

export function environmentOf(settings: DatabaseSettings): Record<string, string> {
  if (settings.connection === 'sqlite') return { DB_CONNECTION: 'sqlite', DB_DATABASE: settings.file };
  return {
    DB_CONNECTION: settings.connection,
    DB_HOST: settings.host,
    DB_PORT: String(settings.port),
    DB_DATABASE: settings.database,
    DB_USERNAME: settings.username,
    DB_PASSWORD: settings.password,
  };
}
