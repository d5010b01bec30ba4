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
