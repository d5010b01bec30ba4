import { MultiFlexiError } from '../../errors.ts';
import { fileFailure } from '../../file-failure.ts';

/** @param what is wrong with it, as `it was cut off` */
export function damaged(file: string, what: string): MultiFlexiError {
  return new MultiFlexiError('FILE_DAMAGED', `The file ${file} is not whole: ${what}.`, {
    next: 'Use another copy of the file.',
  });
}

/** What a broken file makes a parser say is not worth telling in its own words. */
export function asDamage(file: string, error: unknown): unknown {
  if (error instanceof SyntaxError) return damaged(file, 'it holds what is no JSON');
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code.startsWith('ZSTD') || code === 'ERR_BUFFER_TOO_LARGE')
    return damaged(file, 'a chunk cannot be decompressed');
  if (code !== '') return fileFailure(file, error, 'read');
  return error instanceof Error && error.name === 'Error' ? damaged(file, error.message) : error;
}
