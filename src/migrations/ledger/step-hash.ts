/** The hash by which a recorded step is known again. */
import { createHash } from 'node:crypto';

/** Raised when the method changes, so that hashes of two methods are never held to differ. */
const METHOD = 1;

/**
 * Of a step of the way up, by which a migration is known to be the one that was recorded. A release may change words
 * that make no other table: the step keeps its hash, so that databases of before and programs of before both know it.
 */
export function identityHash({
  sql,
  knownAs,
}: {
  readonly sql: string;
  readonly knownAs?: string | undefined;
}): string {
  return stepHash(knownAs ?? sql);
}

/** Of the statement with its white space folded: a reformatted file is the same step. */
export function stepHash(statement: string): string {
  const normalised = statement.replace(/\s+/g, ' ').trim();
  return `${METHOD}:${createHash('sha256').update(normalised).digest('hex')}`;
}

/** Of all the steps of a migration in one, by their hashes: sixteen hexadecimal digits. */
export function fingerprint(hashes: readonly string[]): string {
  return createHash('sha256').update(hashes.join('\n')).digest('hex').slice(0, 16);
}
