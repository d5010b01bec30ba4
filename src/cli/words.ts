/** Words of the command line that are taken as they are. */
import { InvalidArgumentError } from 'commander';

export function notBlank(text: string): string {
  if (text.trim() === '' || text.includes('\0')) throw new InvalidArgumentError('It must not be blank.');
  return text;
}

export function fileName(text: string): string {
  if (text.trim() === '' || text.includes('\0'))
    throw new InvalidArgumentError('It must be the name of a file.');
  return text;
}

/** A number of the database, as a key. */
export function identifier(text: string): bigint {
  if (/^\d{1,18}$/.test(text)) return BigInt(text);
  throw new InvalidArgumentError('It must be an id: digits alone.');
}

/** Text that goes into a column of 255 characters. */
export function line(text: string): string {
  if (text.trim() !== '' && text.length <= 255 && !/\p{Cc}/u.test(text)) return text.trim();
  throw new InvalidArgumentError('It must be one line of at most 255 characters, and not blank.');
}
