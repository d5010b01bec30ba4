/**
 * A process of its own for every server: makes the server's folder, runs what it is told over its standard input, and
 * when that pipe closes — since the tests ended, however they ended — ends the server and removes the folder.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, closeSync, mkdirSync, mkdtempSync, openSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command, Owner } from './contract.ts';
import { type Notice, type Order, socketPathLimit } from './orders.ts';

/** How long a server may take to end in an orderly way. Nothing of it is needed any more. */
const grace = 10_000;

const owner = JSON.parse(process.argv[2] ?? 'null') as Owner | null;
const folders: string[] = [];
const directory = makeFolder(tmpdir());
const isShort = join(directory, '.s.PGSQL.65535.lock').length < socketPathLimit;
const sockets = isShort ? directory : makeFolder('/tmp');
const log = openSync(join(directory, 'server.log'), 'a');
let current:
  | { readonly child: ChildProcess; readonly stop: NodeJS.Signals; readonly ended: Promise<void> }
  | undefined;
let isStopping = false;

function makeFolder(parent: string): string {
  const folder = mkdtempSync(join(parent, 'multiflexi-'));
  folders.push(folder);
  if (owner !== null) chownSync(folder, owner.uid, owner.gid);
  return folder;
}

function tell(notice: Notice): void {
  process.stdout.write(`${JSON.stringify(notice)}\n`);
}

/** Starts a process and tells its id, and its end when it comes. */
function start({ argv, input, owner: user, stop }: Command): void {
  const [program = '', ...rest] = argv;
  const stdin = input === undefined ? 'ignore' : openSync(input, 'r');
  // Nothing of the tests' environment: PGDATA or MYSQL_HOME there would change what the server does.
  const env = { PATH: process.env.PATH ?? '', HOME: directory, TMPDIR: directory, LC_ALL: 'C' };
  const child = spawn(program, rest, { cwd: directory, env, stdio: [stdin, log, log], ...user });
  if (typeof stdin === 'number') closeSync(stdin);
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const end = (how: string): void => {
    current = undefined;
    resolve();
    tell({ ended: how });
  };
  child.once('error', (error) => end(error.message));
  child.once('exit', (code, signal) => end(signal ?? String(code)));
  current = { child, stop, ended };
  if (child.pid !== undefined) tell({ pid: child.pid });
}

async function stopAll(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  if (current !== undefined) {
    const { child, stop, ended } = current;
    child.kill(stop);
    // A test may have frozen it; then it would not even see the signal.
    child.kill('SIGCONT');
    await Promise.race([ended, sleep(grace)]);
    child.kill('SIGKILL');
    await ended;
  }
  // Processes of PostgreSQL that outlive a killed server may still write for a moment.
  const retry = { recursive: true, force: true, maxRetries: 20, retryDelay: 100 };
  for (const folder of folders) await rm(folder, retry);
  process.exit(0);
}

// Nobody reads any more when the tests are gone.
process.stdout.on('error', () => undefined);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stopAll());
const orders = createInterface({ input: process.stdin });
orders.on('line', (line) => {
  if (!isStopping) start((JSON.parse(line) as Order).start);
});
orders.on('close', () => void stopAll());
mkdirSync(join(directory, 'data'), { mode: 0o700 });
if (owner !== null) chownSync(join(directory, 'data'), owner.uid, owner.gid);
tell({ directory, sockets });
