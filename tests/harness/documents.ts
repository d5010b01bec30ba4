/** Holds what the program prints with `-f json` against the schemas that docs/json.md is made from. */
import { expect } from 'vitest';
import { COMMAND_DOCUMENTS, FAILURE } from '../../src/cli/command-documents.ts';

/** A field too many fails as well as one too few. @param words of the command line */
export function requireDocument(words: readonly string[], stdout: string): void {
  const command = words.find((word) => COMMAND_DOCUMENTS.has(word));
  const document: unknown = JSON.parse(stdout);
  const isFailure = typeof document === 'object' && document !== null && 'error' in document;
  const schemas = isFailure
    ? [FAILURE]
    : (COMMAND_DOCUMENTS.get(command ?? '') ?? []).map(({ schema }) => schema);
  const results = schemas.map((schema) => schema.safeParse(document));
  const reasons = results.map(({ error }) => error?.message);
  expect(
    results.some(({ success }) => success),
    `${words.join(' ')} printed what is in no schema of docs/json.md: ${reasons.join('\n')}`,
  ).toBe(true);
}

export function asksForJson(words: readonly string[]): boolean {
  return words.some((word, place) => /^(-f|--format)$/.test(word) && words[place + 1] === 'json');
}
