/**
 * The files beside a database that its lock needs. Whoever may write the database has to get the lock, so they have its
 * mode, owner and group, as SQLite gives them to its WAL. The directory may be everybody's: no link there is followed.
 */

import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { MultiFlexiError } from '../../errors.ts';
import { codeOf } from '../../system/index.ts';
import type { LockHolder } from '../contract/locks.ts';
import { parseHolder } from '../lock-holder.ts';
import { foreignLockFile, lockFileReadOnly, lockFileRefused, strangeLockFile } from './failures.ts';

/** Linux: a descriptor that stands for the file and opens nothing. Node has no name for it. */
const O_PATH = 0o10000000;

/** Whose rights the files have. */
interface Like {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Makes the file unless it is there, and gives it the database's rights where this process may.
 * @throws PERMISSION_DENIED, READ_ONLY
 */
export function provideLockFile(path: string, database: string): void {
  const like = statSync(database);
  try {
    const file = openSync(path, 'ax', 0o600);
    try {
      share(file, like);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw cannotMake(path, error);
    shareExisting(path, like);
  }
}

/** For a lock file that this process could not write. */
export function notOurs(path: string, database: string): MultiFlexiError {
  const { uid, mode } = lstatSync(path);
  return foreignLockFile(path, database, { uid, mode: octal(mode) });
}

/** A word for whoever waits: that it cannot be written keeps nobody from the lock. */
export function noteHolder(path: string, database: string, holder: LockHolder): void {
  try {
    const file = openForWriting(path);
    try {
      share(file, statSync(database));
      ftruncateSync(file);
      writeSync(file, JSON.stringify(holder));
    } finally {
      closeSync(file);
    }
  } catch {
    // What the one before us has left would be wrong now.
    forgetHolder(path);
  }
}

export function forgetHolder(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // In a sticky directory another user's file can be emptied, but not removed.
    try {
      const file = openSync(path, constants.O_WRONLY | constants.O_TRUNC | constants.O_NOFOLLOW);
      closeSync(file);
    } catch {}
  }
}

export function readHolder(path: string): LockHolder | undefined {
  try {
    return parseHolder(readFileSync(path, 'utf8'));
  } catch {
    // The holder has not written it yet, or is just leaving: the lock is what counts.
    return undefined;
  }
}

/** The holder before us may have been another user, and have died: its file is written, or made anew. */
function openForWriting(path: string): number {
  const { O_WRONLY, O_NOFOLLOW } = constants;
  try {
    // Without O_CREAT: Linux refuses that for other users' files in sticky directories.
    return openSync(path, O_WRONLY | O_NOFOLLOW);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') rmSync(path, { force: true });
    return openSync(path, 'wx', 0o600);
  }
}

function shareExisting(path: string, like: Like): void {
  const now = lstatSync(path);
  if (!now.isFile()) throw strangeLockFile(path);
  const isSame = octal(now.mode) === octal(modeOf(like)) && now.uid === like.uid && now.gid === like.gid;
  if (isSame || !['linux'].includes(process.platform)) return;
  // Opening it and closing it again would end a lock that this process holds on it.
  const file = openSync(path, O_PATH | constants.O_NOFOLLOW);
  try {
    const itself = `/proc/self/fd/${file}`;
    attempt(() => chownSync(itself, process.getuid?.() === 0 ? like.uid : -1, like.gid));
    attempt(() => chmodSync(itself, modeOf(like)));
  } finally {
    closeSync(file);
  }
}

function share(file: number, like: Like): void {
  attempt(() => fchownSync(file, process.getuid?.() === 0 ? like.uid : -1, like.gid));
  attempt(() => fchmodSync(file, modeOf(like)));
}

/** Only root gives files away, and others only to groups of their own: then the file stays as it was made. */
function attempt(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!['EPERM', 'EROFS', 'ENOENT', 'EACCES'].includes(codeOf(error))) throw error;
  }
}

function modeOf({ mode }: Like): number {
  return mode & 0o666;
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}

function cannotMake(path: string, error: unknown): unknown {
  const code = codeOf(error);
  if (code === 'EACCES' || code === 'EPERM') return lockFileRefused(path, dirname(path));
  return code === 'EROFS' ? lockFileReadOnly(path) : error;
}
