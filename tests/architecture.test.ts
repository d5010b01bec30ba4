/** The description of the house leads to files that are there. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FILES = globSync('{src,scripts,tests,bench,bin}/**/*.{ts,tsx,js}', { cwd: ROOT });

test.each(['ARCHITECTURE.md', 'CONTRIBUTING.md'])('every source that %s names is there', (page) => {
  const named = readFileSync(`${ROOT}${page}`, 'utf8').matchAll(/`([\w./-]+\.tsx?)`/g);
  const names = [...new Set([...named].map(([, name = '']) => name))];
  expect(names.length).toBeGreaterThan(5);
  expect(names.filter((name) => !FILES.some((file) => `/${file}`.endsWith(`/${name}`)))).toEqual([]);
});
