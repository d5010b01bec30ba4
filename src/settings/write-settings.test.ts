/** What may replace the database that a settings file names, and what may not. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { isMultiFlexiError } from '../errors.ts';
import { writeSettings } from './write-settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'multiflexi-write-'));
const file = join(folder, 'multiflexi.env');
const last = join(folder, 'last.env');
afterAll(() => rmSync(folder, { recursive: true }));

const MYSQL = {
  DB_CONNECTION: 'mysql',
  DB_HOST: 'db1',
  DB_DATABASE: 'multiflexi',
  DB_USERNAME: 'multiflexi',
  DB_PASSWORD: "it's # one",
};

beforeEach(() => {
  rmSync(last, { force: true });
  writeFileSync(file, '# kept\nLOG_LEVEL=info\nDB_HOST=\n');
  chmodSync(file, 0o640);
});

const read = () => readFileSync(file, 'utf8');
const writeLast = async (settings: typeof MYSQL) => {
  writeFileSync(last, '');
  await writeSettings({ file: last, settings });
};

async function refused(work: Promise<unknown>): Promise<void> {
  const before = read();
  const error = await work.then(
    () => undefined,
    (failure: unknown) => failure,
  );
  expect(isMultiFlexiError(error, 'CHANGED_MEANWHILE')).toBe(true);
  expect(read()).toBe(before);
}

test('a file that names no database gets one; all else in it, and its mode, is kept', async () => {
  expect(await writeSettings({ file, settings: { ...MYSQL, DB_PORT: '', DB_SOCKET: ' ' } })).toBe(true);
  expect(read()).toBe(
    '# kept\nLOG_LEVEL=info\nDB_HOST=db1\nDB_CONNECTION=mysql\nDB_DATABASE=multiflexi\nDB_USERNAME=multiflexi\nDB_PASSWORD="it\'s # one"\n',
  );
  expect(statSync(file).mode & 0o777).toBe(0o640);
  expect(existsSync(join(folder, '.multiflexi.env.new'))).toBe(false);
});

test('a second time nothing is written', async () => {
  await writeSettings({ file, settings: MYSQL });
  const { ino } = statSync(file);
  expect(await writeSettings({ file, settings: MYSQL })).toBe(false);
  expect(statSync(file).ino).toBe(ino);
});

test('a new password is written where the old one is still what was written last', async () => {
  await writeSettings({ file, settings: MYSQL });
  await writeLast(MYSQL);
  const settings = { ...MYSQL, DB_PASSWORD: 'new' };
  await refused(writeSettings({ file, settings }));
  expect(await writeSettings({ file, settings, replaces: last })).toBe(true);
  expect(read()).toContain('DB_PASSWORD=new\n');
});

test('what an administrator has changed is kept', async () => {
  await writeSettings({ file, settings: MYSQL });
  await writeLast(MYSQL);
  writeFileSync(file, `${read()}DB_TLS=require\n`);
  await refused(writeSettings({ file, settings: { ...MYSQL, DB_PASSWORD: 'new' }, replaces: last }));
  await refused(writeSettings({ file, settings: {}, replaces: last }));
});

test.each([
  ['another name', { ...MYSQL, DB_DATABASE: 'other' }],
  ['another server', { ...MYSQL, DB_HOST: 'db2' }],
  ['another engine', { DB_CONNECTION: 'sqlite', DB_DATABASE: '/srv/multiflexi.sqlite' }],
])('a database of %s never takes its place', async (_, settings) => {
  await writeSettings({ file, settings: MYSQL });
  await writeLast(MYSQL);
  await refused(writeSettings({ file, settings, replaces: last }));
});

test('the settings are taken out where they are still what was written last', async () => {
  await writeSettings({ file, settings: MYSQL });
  await writeLast(MYSQL);
  expect(await writeSettings({ file, settings: {}, replaces: last })).toBe(true);
  expect(read()).toBe('# kept\nLOG_LEVEL=info\n');
  expect(await writeSettings({ file, settings: {}, replaces: last })).toBe(false);
});

test('settings that nobody could use are refused', async () => {
  await expect(writeSettings({ file, settings: { DB_CONNECTION: 'mysql' } })).rejects.toThrow('DB_DATABASE');
});
