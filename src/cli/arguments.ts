/** Names, ids and lines of the command line. */
import { InvalidArgumentError } from 'commander';
import { HIGHEST_ID, parseRowId } from '../tasks/index.ts';

export function notBlank(text: string): string {
  if (text.trim() === '' || text.includes('\0')) throw new InvalidArgumentError('It must not be blank.');
  return text;
}

export function fileName(text: string): string {
  if (text.trim() === '' || text.includes('\0'))
    throw new InvalidArgumentError('It must be the name of a file or directory.');
  // A shell expands it at the beginning of a word alone, and `--archive=~/x` is one word: it would become a file of that name.
  if (/^(?:~|\$HOME|\$\{HOME\})(?:\/|$)/.test(text))
    throw new InvalidArgumentError(
      'The shell did not expand ~. Use a space instead of =, or write the absolute path.',
    );
  return text;
}

/** A number of the database, as a key. */
export function identifier(text: string): bigint {
  const id = parseRowId(text);
  if (id !== undefined) return id;
  throw new InvalidArgumentError(
    /^\d+$/.test(text)
      ? `It must be an id, at most ${HIGHEST_ID}.`
      : 'It must be an id, which has only digits.',
  );
}

/** Text that goes into a column of 255 characters. */
export function line(text: string): string {
  if (text.trim() !== '' && text.length <= 255 && !/\p{Cc}/u.test(text)) return text.trim();
  throw new InvalidArgumentError('It must be a single line of 1 to 255 characters.');
}

/** Names with commas between them, of an option that may be repeated. */
export function namesList(text: string, others: readonly string[] = []): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '' || /\p{Cc}/u.test(name)))
    throw new InvalidArgumentError('It must be one or more names, separated by commas.');
  return [...new Set([...others, ...names])];
}

/** The words of an argument that may be repeated; undefined where there are none. */
export function namesIn(words: unknown): string[] | undefined {
  return Array.isArray(words) && words.length > 0 ? words.map(String) : undefined;
}
