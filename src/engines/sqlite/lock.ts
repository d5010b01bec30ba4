/**
 * Locks across processes on one SQLite file: a sidecar database beside it, held in `BEGIN EXCLUSIVE`. That is
 * a lock of the operating system, which frees it when the process dies, `kill -9` included; the main file
 * stays free for readers and writers meanwhile. Who holds it stands in a small file beside the sidecar,
 * written by the holder: a word for whoever waits, never the lock itself.
 */

import type { Kysely } from 'kysely';
import { codeOf } from '../../system/index.ts';
import type { Lock, LockRequest } from '../contract/locks.ts';
import { failure } from '../failure.ts';
import { locked, thisProcess } from '../lock-holder.ts';
import type { Place } from '../place.ts';
import { tryFor } from '../waiting.ts';
import { classify } from './diagnosis.ts';
import { type Held, hold } from './hold.ts';
import { forgetHolder, noteHolder, notOurs, provideLockFile, readHolder } from './lock-files.ts';

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
    noteHolder(holderFile, file, thisProcess(request));
    return {
      signal,
      kysely,
      release: async () => {
        forgetHolder(holderFile);
        held.close();
      },
    };
  } catch (error) {
    throw failure(classify(error), { ...place, address: sidecar }, error);
  }
}

function tryHold(sidecar: string, file: string): Held | undefined {
  provideLockFile(sidecar, file);
  try {
    return hold(sidecar, 0);
  } catch (error) {
    if (/^SQLITE_(?:READONLY|CANTOPEN|PERM)/.test(codeOf(error))) throw notOurs(sidecar, file);
    throw error;
  }
}
