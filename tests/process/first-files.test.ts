/** What is read before anything is done: each start of the program waits for it, and each thread of the console has it in memory. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const BUNDLE = new URL('../../dist/', import.meta.url);

/** @returns the text of a file of the bundle and of all that it imports, but for what it loads later */
function readWith(file: string, seen = new Set<string>()): string {
  if (seen.has(file)) return '';
  seen.add(file);
  const text = readFileSync(new URL(file, BUNDLE), 'utf8');
  const imports = [...text.matchAll(/^(?:const \w+ = )?require\("\.\/([^"]+)"\)/gm)].map(
    ([, name = '']) => name,
  );
  return [text, ...imports.map((name) => readWith(name, seen))].join('\n');
}

/** The bundler says of each module where it begins. */
const hasModule = (text: string, path: string) => new RegExp(`^// ${path}`, 'm').test(text);

test('help and refused arguments read no schemas and nothing of databases', () => {
  const text = readWith('main.cjs');
  expect(hasModule(text, 'node_modules/commander/lib/command.js')).toBe(true);
  for (const path of ['node_modules/zod/', 'node_modules/kysely/', 'src/engines/', 'src/documents/.*schema'])
    expect([path, hasModule(text, path)]).toEqual([path, false]);
});

test('a thread of the console has neither the terminal nor what only the server answers with', () => {
  const text = readWith('console-thread.cjs');
  expect(hasModule(text, 'src/server/work/thread.ts')).toBe(true);
  for (const path of [
    'node_modules/commander/',
    'src/cli/(?!database|failures)',
    'node_modules/hono/',
    'src/web/',
  ])
    expect([path, hasModule(text, path)]).toEqual([path, false]);
});
