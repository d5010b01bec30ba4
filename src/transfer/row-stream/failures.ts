import { MultiFlexiError } from '../../errors.ts';

/** @param what is wrong with it, as `it was cut off` */
export function damaged(file: string, what: string): MultiFlexiError {
  return new MultiFlexiError('FILE_DAMAGED', `The file ${file} is not whole: ${what}.`, {
    next: 'Use another copy of the file.',
  });
}
