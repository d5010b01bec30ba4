/** What can be wrong with a file of rows, in words. */

import { MultiFlexiError } from '../../errors.ts';
import { step } from '../../next-step.ts';
import { codeOf, fileFailure } from '../../system/index.ts';

// Damage.

/** @param fault as part of a sentence */
export function damaged(file: string, fault: string): MultiFlexiError {
  return new MultiFlexiError('FILE_DAMAGED', `The file ${file} is damaged: ${fault}.`, {
    next: 'Use another copy of the file.',
  });
}

/** Its writer was interrupted, or the rest of it was lost. */
export function incomplete(file: string): MultiFlexiError {
  return new MultiFlexiError('FILE_DAMAGED', `The file ${file} is incomplete: its end is missing.`, {
    next: 'Use another copy of the file.',
  });
}

export function notARowStream(file: string): MultiFlexiError {
  return new MultiFlexiError('FILE_DAMAGED', `The file ${file} is not a file of rows of MultiFlexi.`, {
    next: 'Check its name.',
  });
}

export function unknownFormat(file: string): MultiFlexiError {
  return new MultiFlexiError(
    'FILE_DAMAGED',
    `The file ${file} has a format that this program does not know.`,
    { next: 'Use the program that wrote it, or a newer one.' },
  );
}

export function headerMissing(file: string): MultiFlexiError {
  return damaged(file, 'it has no header yet');
}

export function headMisplaced(file: string): MultiFlexiError {
  return damaged(file, 'a head is not where it should be');
}

export function headInvalid(file: string): MultiFlexiError {
  return damaged(file, 'a head is invalid');
}

export function partsOutOfOrder(file: string): MultiFlexiError {
  return damaged(file, 'its parts are out of order');
}

export function dataBehindEnd(file: string): MultiFlexiError {
  return damaged(file, 'there is data after its end');
}

export function manifestOfOtherTables(file: string): MultiFlexiError {
  return damaged(file, 'its manifest lists other tables');
}

export function headsDiffer(file: string): MultiFlexiError {
  return damaged(file, 'its heads do not match its manifest');
}

export function rowsDiffer(file: string, table: string): MultiFlexiError {
  return damaged(file, `the rows of ${table} do not match its manifest`);
}

export function chunkOfNoTable(file: string): MultiFlexiError {
  return damaged(file, 'a chunk belongs to no table');
}

export function chunkChanged(file: string, table: string): MultiFlexiError {
  return damaged(file, `a chunk of ${table} was changed`);
}

export function chunkLengthDiffers(file: string, table: string): MultiFlexiError {
  return damaged(file, `a chunk of ${table} does not have the length in its head`);
}

export function chunkEndsWithinRow(file: string, table: string): MultiFlexiError {
  return damaged(file, `a chunk of ${table} ends within a row`);
}

export function chunkCountDiffers(file: string, table: string): MultiFlexiError {
  return damaged(file, `a chunk of ${table} does not have the number of rows in its head`);
}

export function chunkRowsDiffer(file: string, table: string): MultiFlexiError {
  return damaged(file, `a chunk of ${table} does not have the rows that its head describes`);
}

/** @param row as `job with id 12` @param fault of a piece, or of all of them */
export function pieceDamaged(file: string, row: string, column: string, fault: string): MultiFlexiError {
  return damaged(file, `in the row of ${row}, ${fault} (column ${column})`);
}

/** The end of a sentence that begins with the row. */
export const PIECE_FAULTS = {
  changed: 'a piece was changed',
  misplaced: 'pieces are missing, doubled or out of order',
  differs: 'the pieces are not the value',
} as const;

export function piecesOfNoRow(file: string, table: string): MultiFlexiError {
  return damaged(file, `pieces of ${table} do not belong to the row after them`);
}

export function chunkNotFramed(file: string): MultiFlexiError {
  return damaged(file, 'an encrypted chunk is not in a frame of its own');
}

export function encryptedChunkChanged(file: string): MultiFlexiError {
  return damaged(file, 'an encrypted chunk was changed');
}

export function chunkNotDecompressed(file: string): MultiFlexiError {
  return damaged(file, 'a chunk cannot be decompressed');
}

export function invalidJson(file: string): MultiFlexiError {
  return damaged(file, 'it contains invalid JSON');
}

/** What a broken file makes a parser say is not worth telling in its own words. */
export function asDamage(file: string, error: unknown): unknown {
  if (error instanceof SyntaxError) return invalidJson(file);
  const code = codeOf(error);
  if (code.startsWith('ZSTD') || code === 'ERR_BUFFER_TOO_LARGE') return chunkNotDecompressed(file);
  if (code !== '') return fileFailure(file, error, 'read');
  return error instanceof Error && error.name === 'Error' ? damaged(file, error.message) : error;
}

// Files that cannot be written or read as they are.

export function fileExists(file: string): MultiFlexiError {
  return fileFailure(file, { code: 'EEXIST' });
}

export function notARegularFile(file: string): MultiFlexiError {
  return fileFailure(file, new Error('it is not a regular file'), 'read');
}

export function chunkTooLarge(file: string): MultiFlexiError {
  return fileFailure(file, new Error('a row is larger than 256 MiB'));
}

// Encryption.

export function passphraseNeeded(file: string): MultiFlexiError {
  return new MultiFlexiError('PASSPHRASE_NEEDED', `The file ${file} is encrypted.`, {
    next: step`Specify the file that has its passphrase: ${{ input: 'passphrase-file' }}.`,
  });
}

export function passphraseWrong(file: string): MultiFlexiError {
  return new MultiFlexiError('PASSPHRASE_WRONG', `This is not the passphrase of ${file}.`, {
    next: step`Specify the file that has the passphrase it was written with: ${{ input: 'passphrase-file' }}.`,
  });
}
