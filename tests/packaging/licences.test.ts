/** No library gets into a package whose licence nobody has looked at. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { copyrightFile } from '../../scripts/packaging/copyright.ts';
import { holdersIn, librariesOf, libraryIn } from '../../scripts/packaging/licences.ts';

const folder = mkdtempSync(join(tmpdir(), 'multiflexi-licences-'));
afterAll(() => rmSync(folder, { recursive: true }));

function library(manifest: object, licence?: string): string {
  const path = join(folder, `node_modules/${Math.random()}`);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'package.json'), JSON.stringify({ name: 'some', version: '1.0.0', ...manifest }));
  if (licence !== undefined) writeFileSync(join(path, 'LICENSE'), licence);
  return path;
}

test('an unknown licence stops the build, as does none', () => {
  expect(() => libraryIn(library({ license: 'SSPL-1.0' }, 'text'))).toThrow('"SSPL-1.0", which is not among');
  expect(() => libraryIn(library({}, 'text'))).toThrow('undefined, which is not among');
  expect(() => libraryIn(library({ license: 'ISC', author: 'A. Person' }))).toThrow(
    'no file with its licence',
  );
  expect(() => libraryIn(library({ license: 'MIT' }))).toThrow('no file with its licence');
});

test('who says nothing but MIT and a name gets the usual text with that name', () => {
  const { holders, text } = libraryIn(library({ license: 'MIT', author: 'A. Person <a@example.com>' }));
  expect(holders).toEqual(['A. Person']);
  expect(text).toContain('Permission is hereby granted');
});

test('holders are found however they are written, and conditions are not taken for them', () => {
  const text = `MIT License
Copyright (c) 2014 A. Person
 * Copyright 2020-2026, Another <b@example.com>.
Copyright © 2021 The Third
The above copyright notice and this permission notice shall be included
Copyright notice and conditions`;
  expect(holdersIn(text)).toEqual(['2014 A. Person', '2020-2026, Another <b@example.com>', '2021 The Third']);
});

test('files lead to the libraries they are of, nested ones as well', () => {
  const files = [
    '/a/src/x.ts',
    '/a/node_modules/pg/lib/a.js',
    '/a/node_modules/pg/b.js',
    '/a/node_modules/@s/c/node_modules/d/e.js',
  ];
  expect(librariesOf(files)).toEqual(['/a/node_modules/@s/c/node_modules/d', '/a/node_modules/pg']);
});

test('each library has its stanza, and those with one wording share its text', () => {
  const words = 'Permission is granted to do as you like.';
  const libraries = [
    { name: 'a', version: '1', licence: 'ISC', holders: ['2020 A'], text: `Copyright 2020 A\n\n${words}` },
    { name: 'b', version: '1', licence: 'ISC', holders: ['2021 B'], text: `Copyright 2021 B\n\n${words}` },
    {
      name: 'c',
      version: '1',
      licence: 'ISC',
      holders: ['2022 C'],
      text: 'Copyright 2022 C\n\nOnly on Sundays.',
    },
  ];
  const file = copyrightFile(libraries, 'All of Node.');
  expect(file).toContain('Files: node_modules/b/*\nCopyright: 2021 B\nLicense: ISC\n');
  expect(file.match(/Permission is granted to do/g)).toHaveLength(1);
  expect(file).toContain('Files: node_modules/c/*\nCopyright: 2022 C\nLicense: ISC-as-worded-2\n');
  expect(file).toContain('License: ISC-as-worded-2\n Only on Sundays.');
  expect(file).toContain('License: Node.js\n All of Node.');
});
