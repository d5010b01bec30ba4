/**
 * Locks across processes on one SQLite file: a sidecar database beside it, held in `BEGIN EXCLUSIVE`. That is
 * a lock of the operating system, which frees it when the process dies, `kill -9` included; the main file
 * stays free for readers and writers meanwhile. Who holds it stands in a small file beside the sidecar,
 * written by the holder: a word for whoever waits, never the lock itself.
 */
import { chmodSync, chownSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Kysely } from 'kysely';
import type { Lock, LockRequest } from '../engine.ts';
import { codeOf, failure, type Place } from '../failure.ts';
import { locked, parseHolder, thisProcess } from '../lock-holder.ts';
import { tryFor } from '../waiting.ts';
import { classify } from './failures.ts';

export async function lock(
  file: string,
  place: Place,
  db: Kysely<unknown>,
  request: LockRequest,
): Promise<Lock> {
  // The file's write lock is the transaction's own, and that goes with the process as well.
  const kysely = <Tables>() => db as unknown as Kysely<Tables>;
  const signal = new AbortController().signal;
  if (file === ':memory:') return { signal, kysely, release: async () => {} };
  const sidecar = `${file}-${request.name}.lock`;
  const holderFile = `${sidecar}.holder`;
  try {
    const held = await tryFor(request, async () => tryHold(sidecar, file));
    if (!held) throw locked(request, readHolder(holderFile));
    noteHolder(holderFile, file, request);
    return {
      signal,
      kysely,
      release: async () => {
        rmSync(holderFile, { force: true });
        held.close();
      },
    };
  } catch (error) {
    throw failure(classify(error), { ...place, address: sidecar }, error);
  }
}

function tryHold(sidecar: string, file: string): Database.Database | undefined {
  const isNew = !existsSync(sidecar);
  const database = new Database(sidecar, { timeout: 0 });
  try {
    if (isNew) {
      chmodSync(sidecar, 0o600);
      giveToOwner(sidecar, file);
    }
    // Nothing is ever written: without a journal on disk, a full one keeps nobody from the lock.
    database.pragma('journal_mode = memory');
    database.exec('BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if (codeOf(error) === 'SQLITE_BUSY') return undefined;
    throw error;
  }
}

/** Whoever makes room on a full disk has to get the lock without it. */
function noteHolder(holderFile: string, file: string, request: LockRequest): void {
  try {
    writeFileSync(holderFile, JSON.stringify(thisProcess(request)), { mode: 0o600 });
    giveToOwner(holderFile, file);
  } catch (error) {
    if (codeOf(error) !== 'ENOSPC' && codeOf(error) !== 'EDQUOT') throw error;
    rmSync(holderFile, { force: true });
  }
}

/** What root makes beside another user's database is that user's, who has to lock it tomorrow. */
function giveToOwner(path: string, file: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(file);
  chownSync(path, uid, gid);
}

function readHolder(file: string) {
  try {
    return parseHolder(readFileSync(file, 'utf8'));
  } catch {
    // The holder has not written it yet, or is just leaving: the lock is what counts.
    return undefined;
  }
}
