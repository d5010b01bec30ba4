/**
 * A process that archives and purges jobs and log entries by their age, for tests that kill it or cut it off. Its one
 * word is its orders, as JSON. It says `ready` when the purge begins, and its result when it ends.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { applyPurge, planPurge } from '../../src/cleanup/index.ts';
import type { DatabaseSettings } from '../../src/engines/index.ts';
import { Passphrase } from '../../src/transfer/index.ts';
import { opened } from './opened.ts';
import { jobsAndLogsOlderThan, jobsOlderThan } from './rule-books.ts';

/** The moment after the nth statement that is like this, names in double quotes; a regular expression. */
export interface Stage {
  readonly statement: string;
  readonly nth: number;
  /** Only those count by which a batch of rows has been written: other transactions end before that, in no certain order. */
  readonly saved?: boolean;
}

export interface Orders {
  readonly settings: DatabaseSettings;
  readonly directory: string;
  readonly olderThan: string;
  /** Whether log entries go by their own age as well, before the jobs. */
  readonly logs: boolean;
  readonly passphrase: string | null;
  /** One after the other: the second is waited for when the first is over. */
  readonly stages: readonly Stage[];
  /** How long it waits for those who hold a lock. */
  readonly waitMs: number;
  /** To be killed there, or to lose all connections with the next statement on its way. */
  readonly how: 'die' | 'cut';
}

export interface Ending {
  readonly reconnections: number;
  readonly cuts: number;
}

const { settings, directory, olderThan, logs, passphrase, stages, waitMs, how } = JSON.parse(
  process.argv[2] ?? '',
) as Orders;

let stage = 0;
let times = 0;
let cuts = 0;

function watch(statement: string): void {
  const awaited = stages[stage];
  if (!awaited || !new RegExp(awaited.statement).test(statement.replaceAll('`', '"'))) return;
  if (awaited.saved && !hasBatch()) return;
  times++;
  if (times < awaited.nth) return;
  if (how === 'die') process.kill(process.pid, 'SIGKILL');
  stage++;
  times = 0;
  cuts++;
  // What comes next has been written to its socket by then, and nobody hears the answer.
  setImmediate(cut);
}

function hasBatch(): boolean {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((found) =>
    found.isFile(),
  );
  return files.some(({ parentPath, name }) =>
    readFileSync(join(parentPath, name)).includes('"part":"batch"'),
  );
}

/** As a network does that breaks: no word to the server, which goes on with what it was given. */
function cut(): void {
  const { _getActiveHandles } = process as unknown as { _getActiveHandles(): unknown[] };
  for (const handle of _getActiveHandles.call(process))
    if (handle instanceof Socket && handle.remotePort !== undefined) handle.destroy();
}

const engine = await opened(settings, 'change', ({ sql }) => watch(sql));
const plan = await planPurge(engine, logs ? jobsAndLogsOlderThan(olderThan) : jobsOlderThan(olderThan));
times = 0;
process.stdout.write('ready\n');
const { reconnections } = await applyPurge(engine, plan, {
  program: 'victim',
  waitMs,
  archive: {
    directory,
    passphrase: passphrase === null ? undefined : new Passphrase(passphrase),
    all: true,
  },
});
process.stdout.write(`${JSON.stringify({ reconnections, cuts } satisfies Ending)}\n`);
// A session that was cut off cannot be closed.
await engine.close().catch(() => {});
