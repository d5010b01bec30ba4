/** What can go wrong with a file that is written or read for a user, in the words of the catalogue. */
import { isMultiFlexiError, MultiFlexiError } from './errors.ts';

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EACCES: 'access was denied',
  EPERM: 'access was denied',
  EEXIST: 'there is such a file already',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is no directory',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the disk is read-only',
  EFBIG: 'it would be larger than files may be',
  EIO: 'the disk failed',
};

/** @param aim whether it was to be written or read, which decides what to do now */
export function fileFailure(file: string, error: unknown, aim: 'write' | 'read' = 'write'): MultiFlexiError {
  if (isMultiFlexiError(error)) return error;
  const reason = fileReason(error);
  return new MultiFlexiError('FILE_FAILED', `The file ${file} cannot be used: ${reason}.`, {
    next:
      aim === 'read'
        ? 'Name the right file, or see to your rights on it.'
        : 'Nothing was destroyed. Name another file, or make room and see to the rights; then run the command again.',
    cause: error,
  });
}

/** What went wrong, as part of a sentence. */
export function fileReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return WORDS[code] ?? (error instanceof Error ? error.message : String(error));
}
