import { expect, test } from 'vitest';
import { COMMANDS } from './catalogue.ts';
import { COMMAND_DOCUMENTS } from './command-documents.ts';

test('every command but the tour, which has no JSON, has its documents, in the order of the catalogue', () => {
  expect([...COMMAND_DOCUMENTS.keys()]).toEqual([...COMMANDS.keys()].filter((name) => name !== 'tour'));
});
