/** `settings:write`, as installation calls it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { cli } from '../harness/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'multiflexi-settings-'));
const file = join(folder, 'multiflexi.env');
afterAll(() => rmSync(folder, { recursive: true }));

const SQLITE = { DB_CONNECTION: 'sqlite', DB_DATABASE: join(folder, 'multiflexi.sqlite') };

test('fills in a file once, refuses another database with status 5, and takes out what it has written', async () => {
  writeFileSync(file, '# ours\nLOG=1\n');
  const write = (words: readonly string[], environment: Readonly<Record<string, string>>) =>
    cli(['settings:write', '--into', file, '-f', 'json', ...words], environment);
  const first = await write([], SQLITE);
  expect([first.exit, JSON.parse(first.stdout)]).toEqual([0, { file, written: true }]);
  expect(readFileSync(file, 'utf8')).toBe(
    `# ours\nLOG=1\nDB_CONNECTION=sqlite\nDB_DATABASE=${folder}/multiflexi.sqlite\n`,
  );
  const again = await write([], SQLITE);
  expect([again.exit, JSON.parse(again.stdout)]).toEqual([0, { file, written: false }]);
  const other = await write([], { ...SQLITE, DB_DATABASE: join(folder, 'other.sqlite') });
  expect([other.exit, other.stderr]).toEqual([5, expect.stringContaining('db:switch')]);
  const copy = join(folder, 'last.env');
  writeFileSync(copy, readFileSync(file, 'utf8'));
  expect((await write(['--none', '--replaces', copy], {})).exit).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe('# ours\nLOG=1\n');
});

test('has nothing to write without DB_CONNECTION, and no file to write into where there is none', async () => {
  expect((await cli(['settings:write', '--into', file], {})).exit).toBe(64);
  const missing = await cli(['settings:write', '--into', join(folder, 'none.env')], SQLITE);
  expect([missing.exit, missing.stderr]).toEqual([64, expect.stringContaining('no such file')]);
});
