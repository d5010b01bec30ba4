/** What can go wrong with a file that is written or read for a user, in words. */

import { isMultiFlexiError, MultiFlexiError } from '../errors.ts';
import { codeOf } from './error-code.ts';

/** By the system's own code. */
export const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'access was denied',
  EPERM: 'access was denied',
  EEXIST: 'the file already exists',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  ELOOP: 'its symbolic links form a circle',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'too many files are open',
  ESTALE: 'it is no longer on the server that shared it',
  ETIMEDOUT: 'the server that shares it does not answer',
  EFBIG: 'it would be larger than a file may be',
  EIO: 'the disk failed',
};

/** @param aim whether it was to be written or read, which decides what to do now */
export function fileFailure(
  file: string,
  error: unknown,
  aim: 'write' | 'read' = 'write',
  what: 'file' | 'directory' = 'file',
): MultiFlexiError {
  if (isMultiFlexiError(error)) return error;
  const reason = fileReason(error);
  return new MultiFlexiError('FILE_FAILED', `The ${what} ${file} cannot be used: ${reason}.`, {
    next: aim === 'read' ? READABLE : codeOf(error) === 'EEXIST' ? OTHER_NAME : WRITABLE,
    cause: error,
  });
}

const READABLE =
  'Check its name and path, whether its disk is mounted, and whether this account may read it.';
const WRITABLE =
  'Free space, or check its name and path and whether this account may write there; then run the same command again.';
const OTHER_NAME = 'Specify another name: a file that exists is never replaced.';

/** What went wrong, as part of a sentence. */
export function fileReason(error: unknown): string {
  const code = codeOf(error);
  return REASONS[code] ?? (error instanceof Error ? error.message : String(error));
}
