import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { lastLines } from './command.ts';
import type { Command, Owner } from './contract.ts';
import type { Notice, Order } from './orders.ts';

/** Our end of the pipe to a supervisor. */
export interface Supervised {
  readonly directory: string;
  readonly sockets: string;
  /** Runs a process to its end. @throws when it fails, with the end of the log. */
  run(command: Command): Promise<void>;
  /** Starts a process that goes on; `ended` tells how it ended. @throws when it cannot be started. */
  serve(command: Command): Promise<{ readonly pid: number; readonly ended: Promise<string> }>;
  /** What the processes have written so far. */
  log(): Promise<string>;
  /** Lets our process end on its own; the supervisor then sees the pipe close and cleans up. */
  release(): void;
  /** Ends what was started and removes the folders. */
  close(): Promise<void>;
}

/** Starts a supervisor in a session of its own, where Ctrl-C in our terminal does not reach it or its server. */
export async function openSupervised(owner: Owner | undefined): Promise<Supervised> {
  const script = fileURLToPath(new URL('./supervisor.ts', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(owner ?? null)], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    // Vitest hands its workers options for Node that the supervisor does not need.
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const { promise: gone, resolve: goes } = Promise.withResolvers<void>();
  child.once('exit', () => goes());
  child.once('error', () => goes());
  // A supervisor that is gone is noticed by its silence.
  child.stdin.on('error', () => undefined);
  const next = notices(child);
  const first = await next();
  if (!('directory' in first)) throw new Error('the supervisor did not begin with its folders');
  const { directory, sockets } = first;
  const log = async (): Promise<string> =>
    await readFile(join(directory, 'server.log'), 'utf8').catch(() => '');
  const start = async (command: Command): Promise<Notice> => {
    child.stdin.write(`${JSON.stringify({ start: command } satisfies Order)}\n`);
    return await next();
  };
  const failure = async (command: Command, how: string): Promise<Error> => {
    const program = command.argv.find((word) => /\/(mysqld|mariadbd|postgres|initdb)(\.bin)?$/.test(word));
    return new Error(`${program ?? command.argv[0]} ended with ${how}: ${lastLines(await log(), 15)}`);
  };
  return {
    directory,
    sockets,
    log,
    async run(command) {
      const started = await start(command);
      const last = 'ended' in started ? started : await next();
      if (!('ended' in last) || last.ended !== '0') {
        throw await failure(command, 'ended' in last ? last.ended : 'no word');
      }
    },
    async serve(command) {
      const started = await start(command);
      if (!('pid' in started)) throw await failure(command, 'ended' in started ? started.ended : 'no word');
      const ended = next().then(
        (notice) => ('ended' in notice ? notice.ended : 'no word'),
        () => 'its supervisor',
      );
      return { pid: started.pid, ended };
    },
    release() {
      child.unref();
      // They are sockets underneath, which the types of a child's streams do not say.
      for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as Socket).unref();
    },
    async close() {
      child.ref();
      child.stdin.end();
      await gone;
    },
  };
}

/** Gives the notices of a supervisor one by one; throws when it is gone instead. */
function notices(child: ChildProcessByStdio<Writable, Readable, Readable>): () => Promise<Notice> {
  const waiting: Notice[] = [];
  let wanted: PromiseWithResolvers<Notice> | undefined;
  let complaint = '';
  let isGone = false;
  const goneError = (): Error => new Error(`the supervisor ended: ${lastLines(complaint, 10)}`);
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-4000);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const notice = JSON.parse(line) as Notice;
    if (wanted === undefined) waiting.push(notice);
    else wanted.resolve(notice);
    wanted = undefined;
  });
  const end = (): void => {
    isGone = true;
    wanted?.reject(goneError());
  };
  child.once('close', end);
  child.once('error', (error) => {
    complaint += error.message;
    end();
  });
  return async () => {
    const notice = waiting.shift();
    if (notice !== undefined) return notice;
    if (isGone) throw goneError();
    wanted = Promise.withResolvers<Notice>();
    return await wanted.promise;
  };
}
