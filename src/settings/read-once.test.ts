/** The file of settings is read once for all that is asked of it: what is changed meanwhile mixes into nothing. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loginHint, readArchiveSettings, readSettings } from './index.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'multiflexi-settings-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

test('a source that is read once answers from the same text, whatever becomes of the file', () => {
  const file = join(directory, 'multiflexi.env');
  writeFileSync(file, 'DB_CONNECTION=sqlite\nDB_DATABASE=/tmp/a.sqlite\nARCHIVE_DIR=/tmp/archive\n');
  const source = { file, environment: {}, texts: new Map<string, string>() };
  expect(readSettings(source)).toEqual({ connection: 'sqlite', file: '/tmp/a.sqlite' });
  rmSync(file);
  expect(readArchiveSettings(source).directory).toBe('/tmp/archive');
  expect(loginHint(source)).toBeUndefined();
  expect(() => readSettings({ file, environment: {} })).toThrow(/cannot be read/);
});
