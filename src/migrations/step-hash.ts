/** The hash by which a recorded step is known again. */
import { createHash } from 'node:crypto';

/** Raised when the method changes, so that hashes of two methods are never held to differ. */
const METHOD = 1;

/** Of the statement with its white space folded: a reformatted file is the same step. */
export function stepHash(statement: string): string {
  const normalised = statement.replace(/\s+/g, ' ').trim();
  return `${METHOD}:${createHash('sha256').update(normalised).digest('hex')}`;
}
