import { expect, test } from 'vitest';
import { parseDeb822, parseOneLine, writeDeb822 } from './apt-sources.ts';
import { chooseSuites } from './suites.ts';

test('the one-line format, with options, comments and source packages', () => {
  const text = `# deb http://archive.example/old stretch main
deb http://archive.example/debian bookworm main contrib # the usual
deb [arch=amd64,arm64 signed-by=/keys/a.gpg trusted=yes lang+=de] https://archive.example/x y/
deb-src http://archive.example/debian bookworm main
`;
  expect(parseOneLine(text)).toEqual([
    {
      types: ['deb'],
      uris: ['http://archive.example/debian'],
      suites: ['bookworm'],
      components: ['main', 'contrib'],
      options: {},
    },
    {
      types: ['deb'],
      uris: ['https://archive.example/x'],
      suites: ['y/'],
      components: [],
      options: {
        Architectures: 'amd64 arm64',
        'Signed-By': '/keys/a.gpg',
        Trusted: 'yes',
        'Languages-Add': 'de',
      },
    },
    {
      types: ['deb-src'],
      uris: ['http://archive.example/debian'],
      suites: ['bookworm'],
      components: ['main'],
      options: {},
    },
  ]);
});

test('deb822, with several values, a key in the file, comments and an entry switched off', () => {
  const text = `Types: deb deb-src
# a comment in between
URIs: http://archive.example/debian
Suites: trixie
  trixie-updates
components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Types: deb
URIs: http://archive.example/off
Suites: trixie
Components: main
Enabled: no
`;
  const [source, ...others] = parseDeb822(text);
  expect(others).toEqual([]);
  expect(source).toEqual({
    types: ['deb', 'deb-src'],
    uris: ['http://archive.example/debian'],
    suites: ['trixie', 'trixie-updates'],
    components: ['main'],
    options: { 'Signed-By': '\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc' },
  });
});

test('what is written in deb822 reads back the same', () => {
  const one = parseOneLine('deb [signed-by=/keys/a.gpg] http://archive.example/debian bookworm main\n');
  const key = { 'Signed-By': '\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc' };
  const sources = [...one, ...one.map((source) => ({ ...source, options: key }))];
  expect(parseDeb822(writeDeb822(sources))).toEqual(sources);
});

test('the own suite with its updates, then the other suite from the same archive and with the same key', () => {
  const sources = parseOneLine(`deb [signed-by=/k] http://archive.example/debian bookworm main non-free
deb [signed-by=/k] http://security.example/debian bookworm-security main
deb http://postgresql.example/apt bookworm-pgdg main
`);
  const [own, other, ...more] = chooseSuites(sources, 'bookworm', 'sid');
  expect(more).toEqual([]);
  expect(own?.sources.map(({ suites }) => suites)).toEqual([['bookworm'], ['bookworm-security']]);
  expect(other?.name).toBe('sid');
  expect(other?.sources).toEqual([
    {
      types: ['deb'],
      uris: ['http://archive.example/debian'],
      suites: ['sid'],
      components: ['main'],
      options: { 'Signed-By': '/k', Targets: 'Packages' },
    },
  ]);
});

test('sources that say stable or sid in place of a name', () => {
  const sources = parseOneLine('deb http://archive.example/debian sid main\n');
  expect(chooseSuites(sources, 'forky', 'sid').map(({ name }) => name)).toEqual(['sid']);
  expect(chooseSuites(sources, undefined, 'bookworm').map(({ name }) => name)).toEqual(['sid', 'bookworm']);
  expect(() => chooseSuites([], 'bookworm', 'sid')).toThrow('bookworm');
});
