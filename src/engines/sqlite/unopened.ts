/** Why an SQLite file could not be opened, as far as the file and its directory tell: SQLite itself says little. */

import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { MultiFlexiError } from '../../errors.ts';
import { codeOf } from '../../system/index.ts';
import type { Access } from '../contract/connection.ts';
import { hotJournal, noSharedMemory, unreadable, unwritable } from './failures.ts';

const { R_OK, W_OK } = constants;

/** @returns undefined when the error is about something else */
export function whyNotOpened(file: string, access: Access, error: unknown): MultiFlexiError | undefined {
  if (!/^SQLITE_(?:CANTOPEN|READONLY)/.test(codeOf(error))) return undefined;
  if (codeOf(error) === 'SQLITE_READONLY_ROLLBACK') return hotJournal(file);
  const unread = [file, `${file}-wal`, `${file}-shm`].find((path) => refusal(path, R_OK) === 'no permission');
  if (unread !== undefined) return unreadable(unread);
  const refused = refusal(dirname(file), W_OK);
  if (refused === undefined || !isInWal(file)) return undefined;
  const directory =
    refused === 'read-only' ? 'the disk is mounted read-only' : `this user may not write to ${dirname(file)}`;
  return access === 'inspect' ? noSharedMemory(file, directory, hasWal(file)) : unwritable(file, directory);
}

/** @throws READ_ONLY: otherwise it would be known at the first statement that writes */
export function requireWritable(file: string): void {
  const refused = refusal(file, W_OK);
  if (refused !== undefined)
    throw unwritable(
      file,
      refused === 'read-only' ? 'the disk is mounted read-only' : 'this user may not write the file',
    );
}

/** Whether the WAL has changes that the file lacks. */
function hasWal(file: string): boolean {
  return (statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
}

function refusal(path: string, right: number): 'no permission' | 'read-only' | undefined {
  try {
    accessSync(path, right);
    return undefined;
  } catch (error) {
    if (codeOf(error) === 'EROFS') return 'read-only';
    return codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM' ? 'no permission' : undefined;
  }
}

/** The header's read version. Source: https://www.sqlite.org/fileformat.html#file_format_version_numbers */
function isInWal(file: string): boolean {
  const header = Buffer.alloc(20);
  const descriptor = openSync(file, 'r');
  try {
    return readSync(descriptor, header) === 20 && header[19] === 2;
  } finally {
    // This would end locks of this process on the file; but who has such has made the -shm that is missing here.
    closeSync(descriptor);
  }
}
