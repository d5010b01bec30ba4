/**
 * The lock of one installation in a directory of archives: the database's own lock does not reach a clone of it, nor
 * another host that shares the directory. It is a lock of the operating system on a small file, so that it is gone with the process that holds it, `kill -9` included.
 */
import {
  accessSync,
  chmodSync,
  chownSync,
  closeSync,
  constants,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import {
  type Held,
  holdFile,
  type LockHolder,
  type LockRequest,
  parseHolder,
  thisProcess,
  tryFor,
} from '../../engines/index.ts';
import { codeOf, fileFailure, presence } from '../../system/index.ts';
import { archivesInUse } from './failures.ts';
import { localLocks } from './local-locks.ts';

/** How long somebody who only looks whether it is held may be in the way, in milliseconds. */
const GLANCE_MS = 200;

export interface DirectoryLock {
  /** Why other hosts may not see it, in words; null where they do. */
  readonly seenHereOnly: string | null;
  release(): void;
}

/** @throws LOCKED with the holder; FILE_FAILED where the lock's file cannot be written */
export async function holdDirectory(
  directory: string,
  owner: string,
  request: Omit<LockRequest, 'name'>,
): Promise<DirectoryLock> {
  const file = lockFile(directory, owner);
  const held = await tryFor(request, () => tryHold(file, directory, GLANCE_MS));
  if (!held) throw archivesInUse(directory, request.waitMs, readHolder(holderFile(file)));
  noteHolder(file, { ...request, name: 'archives' });
  return {
    seenHereOnly: held === 'impossible' ? 'its file system has no locks' : localLocks(directory),
    release: () => {
      rmSync(holderFile(file), { force: true });
      if (held !== 'impossible') held.close();
    },
  };
}

/** Whether somebody is writing to the archives of this installation; false also where that cannot be asked. */
export async function isHeld(directory: string, owner: string): Promise<boolean> {
  const file = lockFile(directory, owner);
  try {
    if (!presence(file)) return false;
    const held = await tryHold(file, directory, 0);
    if (held !== undefined && held !== 'impossible') held.close();
    return held === undefined;
  } catch {
    // Without the right to write it, its holder's word is all there is.
    return readHolder(holderFile(file)) !== undefined;
  }
}

function lockFile(directory: string, owner: string): string {
  return join(directory, `.multiflexi-${owner}.lock`);
}

function holderFile(file: string): string {
  return `${file}.holder`;
}

/** @returns undefined when somebody else holds it */
async function tryHold(
  file: string,
  directory: string,
  patienceMs: number,
): Promise<Held | 'impossible' | undefined> {
  try {
    makeLike(file, directory);
    // What is not writable would be opened for reading, and then held by everybody at once.
    accessSync(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw fileFailure(file, error);
  }
  return holdFile(file, patienceMs).catch((error: unknown) => {
    throw fileFailure(file, error);
  });
}

/** For everybody who may write to the directory: they share the archives of an installation. */
function makeLike(file: string, directory: string): void {
  if (presence(file)) return;
  const { mode, uid, gid } = statSync(directory);
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    throw error;
  }
  try {
    chownSync(file, process.getuid?.() === 0 ? uid : -1, gid);
  } catch {
    // Only somebody of that group can give it away.
  }
  chmodSync(file, 0o600 | (mode & 0o066));
}

/** A word for whoever waits, never the lock itself: on a full disk there is none. */
function noteHolder(file: string, request: LockRequest): void {
  const holder = holderFile(file);
  try {
    rmSync(holder, { force: true });
    const { mode, uid, gid } = statSync(file);
    writeFileSync(holder, JSON.stringify(thisProcess(request)), { mode: 0o600 });
    if (process.getuid?.() === 0) chownSync(holder, uid, gid);
    chmodSync(holder, mode & 0o666);
  } catch {}
}

function readHolder(file: string): LockHolder | undefined {
  try {
    return parseHolder(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
