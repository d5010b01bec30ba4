/** What only an engine may know is in `src/engines/`; and what only the terminal may know is not. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Lines that match, as `file:line: text`; comments may speak of anything. */
function found(files: readonly string[], pattern: RegExp): string[] {
  return files.flatMap((file) =>
    codeOf(readFileSync(`${ROOT}${file}`, 'utf8'))
      .split('\n')
      .flatMap((line, at) => (pattern.test(line) ? [`${file}:${at + 1}: ${line.trim()}`] : [])),
  );
}

/** The same number of lines, without comments. */
function codeOf(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ''))
    .replace(/(^|\s)\/\/.*$/gm, '$1');
}

function sources(pattern: string): string[] {
  return globSync(pattern, { cwd: ROOT }).filter((file) => !file.endsWith('.test.ts'));
}

const ENGINES = sources('src/engines/**/*.ts');
const OTHERS = sources('src/**/*.ts').filter((file) => !file.startsWith('src/engines/'));

test('there is something to look at', () => {
  expect(ENGINES.length).toBeGreaterThan(80);
  expect(OTHERS.length).toBeGreaterThan(150);
});

describe('outside of the engines nobody knows', () => {
  test.each([
    ['a word of SQLite', /\bpragma\b|\bsqlite_(?:schema|master|sequence)\b|\bas blob\b|\bSQLITE_/i],
    ['a word of MySQL or MariaDB', /@@\w|max_allowed_packet|\binnodb|multiflexi_lock/i],
    ['a word of PostgreSQL', /\bpg_[a-z]|::(?:text|bigint|regclass)\b|\bregclass\b/],
    ['a catalogue', /information_schema/i],
    ['a driver', /['"](?:better-sqlite3|mysql2(?:\/promise)?|pg|pg-copy-streams)['"]/],
    [
      'which engine it is',
      /(?:[!=]==\s*|case\s+)['"](?:mariadb|postgresql)['"]|(?:engine|ddl)\.(?:name|engine)\s*[!=]==/,
    ],
  ])('%s', (_, pattern) => {
    expect(found(OTHERS, pattern)).toEqual([]);
  });
});

describe('no engine knows', () => {
  test.each([
    ['an option', /(?<![\w-]|chmod )--[a-z]{2}|(?<=\s)-v\b/],
    [
      'a command',
      /multiflexi-cli (?:db|prune|retention|archive|sample|tour)|\b(?:db|retention|archive):[a-z]/,
    ],
    ['what its caller was about to do', /nothing was deleted/i],
  ])('%s', (_, pattern) => {
    expect(found(ENGINES, pattern)).toEqual([]);
  });

  test('a text of an error outside of the files that hold them', () => {
    expect(
      found(
        ENGINES.filter((file) => !file.endsWith('/failures.ts')),
        /new MultiFlexiError\(/,
      ),
    ).toEqual([]);
  });
});
