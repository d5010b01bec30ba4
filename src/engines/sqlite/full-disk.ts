/** Which disk it is that SQLite found full: that of the file, or that of its temporary files; it says the same of both. */

import { accessSync, constants, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { MultiFlexiError } from '../../errors.ts';
import { codeOf } from '../../system/index.ts';
import { mebibytes } from '../bytes.ts';
import { freeBytes } from '../free-disk.ts';
import { temporaryDiskFull } from './failures.ts';

/** With less than this left, a disk is taken for full: what did not fit was larger than nothing. */
const LITTLE = 1024 * 1024;

/** @returns undefined where it is not the temporary files' disk, or nobody can tell */
export function temporaryDiskIsFull(file: string, error: unknown): MultiFlexiError | undefined {
  if (codeOf(error) !== 'SQLITE_FULL') return undefined;
  const temporary = temporaryDirectory();
  if (temporary === undefined || isOneDisk(temporary, dirname(file))) return undefined;
  const [there, here] = [freeBytes(temporary), freeBytes(dirname(file))];
  // A failed statement gives its temporary files back, so their disk may have room again: that of the file tells.
  if (here === null || here < LITTLE) return undefined;
  return temporaryDiskFull(temporary, { there: mebibytes(there ?? 0), here: mebibytes(here) });
}

/** Where SQLite makes them. Source: https://www.sqlite.org/tempfiles.html#temporary_file_storage_locations */
export function temporaryDirectory(): string | undefined {
  const { SQLITE_TMPDIR, TMPDIR } = process.env;
  return [SQLITE_TMPDIR, TMPDIR, '/var/tmp', '/usr/tmp', '/tmp', '.'].find(
    (directory) => directory !== undefined && directory !== '' && isUsable(directory),
  );
}

function isUsable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return statSync(directory).isDirectory();
  } catch {
    return false;
  }
}

export function isOneDisk(one: string, other: string): boolean {
  try {
    return statSync(one).dev === statSync(other).dev;
  } catch {
    return true;
  }
}
