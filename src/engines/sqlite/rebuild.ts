/** Writing an SQLite file anew (VACUUM), in a process of its own: SQLite's statements let nothing else happen in theirs. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type Database from 'better-sqlite3';
import type { RebuildOffer, RebuildRequest } from '../contract/upkeep.ts';
import { failure } from '../failure.ts';
import { lockNotGranted } from '../failures.ts';
import { freeBytes } from '../free-disk.ts';
import type { Place } from '../place.ts';
import { whileWatched } from '../statement-progress.ts';
import { isOneDisk, temporaryDirectory } from './full-disk.ts';
import { space } from './space.ts';
import { truncateWal, walBytes } from './wal.ts';

export interface SqliteFile {
  readonly database: Database.Database;
  readonly file: string;
  readonly place: Place;
  translate(error: unknown): Error;
}

export function rebuilds(database: Database.Database, file: string): RebuildOffer {
  const { diskBytes, freeBytes: free } = space(database, file);
  const bytes = diskBytes ?? 0;
  const pragma = (name: string) => Number(database.pragma(name, { simple: true }));
  const kept = (pragma('page_count') - pragma('freelist_count')) * pragma('page_size');
  const incremental = pragma('auto_vacuum') !== 0;
  return {
    method: incremental ? 'VACUUM' : 'PRAGMA auto_vacuum = INCREMENTAL; VACUUM',
    unit: 'database',
    blocks: 'writers',
    lock: 'the write lock of the whole file: nobody can write until it is done; in WAL mode, readers read on',
    cluster: null,
    notes: incremental
      ? []
      : ['From then on, free pages can be given back in short steps, without blocking anybody.'],
    costs: [
      {
        table: null,
        bytes,
        floor: free,
        how: 'The file counts only pages that are entirely free; half-empty pages come on top.',
        needs: needs(file, kept),
        obstacle: null,
      },
    ],
  };
}

/** One copy is made in a temporary file, and the other goes through the write-ahead log. */
function needs(file: string, kept: number) {
  const there = temporaryDirectory();
  const here = dirname(file);
  if (there === undefined || isOneDisk(there, here))
    return [{ disk: `of ${file}, for the copy and the log`, bytes: 2 * kept, free: freeBytes(here) }];
  return [
    { disk: `of ${file}, for the log`, bytes: kept, free: freeBytes(here) },
    { disk: `of temporary files, ${there}`, bytes: kept, free: freeBytes(there) },
  ];
}

/** @throws LOCK_TIMEOUT, DISK_FULL, the signal's reason */
export async function rebuild(
  { database, file, place, translate }: SqliteFile,
  { signal, lockTimeoutMs, onStatement }: RebuildRequest,
): Promise<void> {
  const [cost] = rebuilds(database, file).costs;
  const kept = Math.max(1, cost?.needs[0]?.bytes ?? 1);
  const progress = async () => {
    const written = walBytes(file);
    return written === 0 ? null : { phase: 'writing back', share: Math.min(1, 0.5 + written / kept / 2) };
  };
  const ended = await whileWatched(() => vacuum(file, lockTimeoutMs, signal), progress, onStatement);
  signal.throwIfAborted();
  if (ended.code?.startsWith('SQLITE_BUSY')) throw lockNotGranted(place, null, lockTimeoutMs, null);
  if (ended.code !== null) throw translate(Object.assign(new Error(ended.message), { code: ended.code }));
  if (!ended.done) throw failure('DATABASE_FAILED', place, new Error(ended.message));
  await truncateWal(database);
}

interface Ended {
  readonly done: boolean;
  /** SQLite's, where it has refused. */
  readonly code: string | null;
  readonly message: string;
}

/**
 * The file is never between two states: until the log holds all of the new one, the old one is what is read. So the process
 * may be killed at any time, and it ends itself when its standard input is closed, which the system does for one that has died.
 */
function vacuum(file: string, lockTimeoutMs: number, signal: AbortSignal): Promise<Ended> {
  const require = createRequire(import.meta.url);
  const words = [require.resolve('better-sqlite3'), file, String(Math.round(lockTimeoutMs))];
  const child = spawn(process.execPath, ['-e', MAIN, ...words], { stdio: ['pipe', 'pipe', 'pipe'] });
  const kill = () => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  if (signal.aborted) kill();
  let [said, complained] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complained = `${complained}${text}`.slice(-2_000);
  });
  child.stdin.on('error', () => {});
  return new Promise<Ended>((resolve) => {
    const end = (ended: Ended) => {
      signal.removeEventListener('abort', kill);
      resolve(ended);
    };
    child.once('error', (error) => end({ done: false, code: null, message: error.message }));
    child.once('close', (status, killedBy) => {
      if (said.endsWith('\n')) end(JSON.parse(said) as Ended);
      else {
        const why = killedBy === null ? `exit status ${status}` : killedBy;
        const last = complained.trim().split('\n').at(-1);
        end({
          done: false,
          code: null,
          message: `the process of VACUUM ended (${why}) ${last ?? ''}`.trim(),
        });
      }
    });
  });
}

const WORKER = `
const { workerData, parentPort } = require('node:worker_threads');
const [module, file, timeout] = workerData;
let ended = { done: true, code: null, message: '' };
try {
  const database = new (require(module))(file, { fileMustExist: true, timeout: Number(timeout) });
  if (database.pragma('auto_vacuum', { simple: true }) === 0) database.pragma('auto_vacuum = INCREMENTAL');
  database.pragma('cache_size = -65536');
  database.exec('VACUUM');
  database.close();
} catch (error) {
  ended = { done: false, code: error.code ?? 'SQLITE_ERROR', message: error.message };
}
parentPort.postMessage(ended);
`;

const MAIN = `
const { Worker } = require('node:worker_threads');
const leave = () => process.kill(process.pid, 'SIGKILL');
process.stdin.on('end', leave).on('error', leave).resume();
const worker = new Worker(${JSON.stringify(WORKER)}, { eval: true, workerData: process.argv.slice(1) });
worker.once('message', (ended) => {
  process.stdout.write(JSON.stringify(ended) + '\\n', () => process.exit(0));
});
`;
