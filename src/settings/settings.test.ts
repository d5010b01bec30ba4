import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { validateDatabaseSettings } from './database.ts';
import { readSettings } from './read.ts';

const folder = mkdtempSync(join(tmpdir(), 'multiflexi-settings-'));
afterAll(() => rmSync(folder, { recursive: true }));

const plain = fc.stringMatching(/^[A-Za-z0-9_.][A-Za-z0-9_. -]{0,20}[A-Za-z0-9_.]$/);
const server = fc.record({
  DB_CONNECTION: fc.constantFrom('mysql', 'pgsql'),
  DB_HOST: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,20}[A-Za-z0-9]$/),
  DB_PORT: fc.integer({ min: 1, max: 65_535 }).map(String),
  DB_DATABASE: plain,
  DB_USERNAME: plain,
  // What is awkward in a password: quotes apart, the file keeps it between single quotes.
  DB_PASSWORD: fc
    .string({ unit: 'grapheme', minLength: 1 })
    .filter((text) => !/['\p{Cc}]/u.test(text) && text.trim() !== ''),
});

test('settings mean the same in a file and in the environment', () => {
  fc.assert(
    fc.property(server, (settings) => {
      const file = join(folder, 'a.env');
      writeFileSync(
        file,
        Object.entries(settings)
          .map(([name, value]) => `${name}='${value}'`)
          .join('\n'),
      );
      const fromFile = readSettings({ file, environment: {} });
      expect(fromFile).toEqual(readSettings({ environment: settings, defaultFile: '' }));
      expect(fromFile).toMatchObject({
        database: settings.DB_DATABASE,
        password: settings.DB_PASSWORD,
        port: Number(settings.DB_PORT),
      });
    }),
  );
});

test('any text for any setting is taken or refused with a sentence that never has the password', () => {
  const names = [
    'DB_CONNECTION',
    'DB_HOST',
    'DB_PORT',
    'DB_SOCKET',
    'DB_DATABASE',
    'DB_USERNAME',
    'DB_TLS',
    'DB_TLS_CA',
    'DB_TLS_KEY',
    'DB_REPLICAS',
  ];
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      'mysql',
      'sqlite',
      'postgres',
      '',
      ' ',
      '3306',
      '-1',
      '1e9',
      '\u0000',
      '~',
      '/',
      'a:1',
      '[::1]:2',
    ),
  );
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), text), (raw) => {
      const result = validateDatabaseSettings({ ...raw, DB_PASSWORD: 'pa55w0rd-secret' });
      if ('settings' in result) {
        if (result.settings.connection !== 'sqlite')
          expect(result.settings.port).toSatisfy(
            (port: number) => Number.isInteger(port) && port >= 1 && port <= 65_535,
          );
      } else {
        expect(result.faults.length).toBeGreaterThan(0);
        for (const fault of result.faults) expect(fault).toMatch(/^DB_\w+ /);
        expect(result.faults.join()).not.toContain('pa55w0rd-secret');
      }
    }),
    { numRuns: 1000 },
  );
});

test('blank settings count as not set, so that a template nobody filled in is the embedded database', () => {
  const blank = { DB_CONNECTION: '', DB_HOST: ' ', DB_DATABASE: '', DB_PASSWORD: '' };
  expect(readSettings({ environment: { ...blank, HOME: '/home/a' }, defaultFile: '' })).toEqual({
    connection: 'sqlite',
    file: '/home/a/.local/share/multiflexi/multiflexi.sqlite',
  });
});

test('where the platform is installed, no settings are no database, and never an SQLite file of whoever calls', () => {
  const directory = join(folder, 'etc');
  mkdirSync(directory);
  const defaultFile = join(directory, 'multiflexi.env');
  const read = (environment: Record<string, string> = {}) =>
    readSettings({ environment: { HOME: '/home/a', ...environment }, defaultFile });
  const refused = (message: string) =>
    expect.objectContaining({
      code: 'SETTINGS_INVALID',
      message: expect.stringContaining(message),
      next: expect.stringContaining('multiflexi-mysql'),
    });
  expect(() => read()).toThrowError(refused(`there is no ${defaultFile}`));
  expect(() => read({ DB_PASSWORD: 'alone' })).toThrowError(refused('No database is configured'));
  for (const text of ['', '# DB_CONNECTION=mysql\nLOG_LEVEL=info\n', 'DB_CONNECTION=\nDB_PASSWORD=x\n']) {
    writeFileSync(defaultFile, text);
    expect(() => read()).toThrowError(refused(`there is no DB_* setting in ${defaultFile}`));
  }
  const embedded = '/home/a/.local/share/multiflexi/multiflexi.sqlite';
  expect(read({ DB_CONNECTION: 'sqlite' })).toMatchObject({ file: embedded });
  rmSync(directory, { recursive: true });
  expect(read()).toMatchObject({ file: embedded });
});

test('the environment wins over the default file, and a file that is named wins over the environment', () => {
  const file = join(folder, 'b.env');
  writeFileSync(file, 'DB_CONNECTION=sqlite\nDB_DATABASE=/from/file');
  const environment = { DB_CONNECTION: 'sqlite', DB_DATABASE: '/from/environment' };
  expect(readSettings({ environment, defaultFile: file })).toMatchObject({ file: '/from/environment' });
  expect(readSettings({ environment, file })).toMatchObject({ file: '/from/file' });
  expect(readSettings({ environment: {}, defaultFile: file })).toMatchObject({ file: '/from/file' });
});

test('two sources are never mixed: an account of one does not go to the server of the other', () => {
  const file = join(folder, 'mixed.env');
  writeFileSync(
    file,
    'DB_CONNECTION=mysql\nDB_HOST=db.example\nDB_DATABASE=x\nDB_USERNAME=u\nDB_PASSWORD=secret',
  );
  const refused = { code: 'SETTINGS_INVALID', message: expect.stringContaining('in the environment') };
  for (const environment of [
    { DB_HOST: 'elsewhere' },
    { DB_CONNECTION: 'pgsql' },
    { DB_SOCKET: '/run/other.sock' },
  ]) {
    expect(() => readSettings({ environment, defaultFile: file })).toThrowError(
      expect.objectContaining(refused),
    );
  }
  expect(
    readSettings({ environment: { DB_CONNECTION: 'sqlite', HOME: '/home/a' }, defaultFile: file }),
  ).toEqual({
    connection: 'sqlite',
    file: '/home/a/.local/share/multiflexi/multiflexi.sqlite',
  });
});

test.each([
  [{ DB_TLS_CERT: '/c.pem' }, /belong together/],
  [{ DB_TLS: 'require', DB_TLS_KEY: '/k.pem' }, /belong together/],
  [{ DB_TLS_CERT: '/c.pem', DB_TLS_KEY: '/k.pem' }, /DB_TLS must be require or verify/],
])('a client certificate that would not be used, as %j, is refused', (tls, why) => {
  const result = validateDatabaseSettings({
    DB_CONNECTION: 'pgsql',
    DB_DATABASE: 'x',
    DB_USERNAME: 'u',
    ...tls,
  });
  expect('faults' in result && result.faults.join()).toMatch(why);
});

test('replicas are hosts with ports or without, named twice they count once, and IPv6 has brackets', () => {
  const read = (DB_REPLICAS: string) =>
    validateDatabaseSettings({ DB_CONNECTION: 'mysql', DB_DATABASE: 'x', DB_USERNAME: 'u', DB_REPLICAS });
  expect(read(' db2, db3.example:3307 ,db2,[2001:db8::2],[::1]:3308,10.0.0.2')).toMatchObject({
    settings: {
      replicas: [
        { host: 'db2' },
        { host: 'db3.example', port: 3307 },
        { host: '2001:db8::2' },
        { host: '::1', port: 3308 },
        { host: '10.0.0.2' },
      ],
    },
  });
  for (const wrong of [
    ',',
    'db2,',
    'db2 db3',
    '::1',
    '[db2]',
    'db2:0',
    'db2:65536',
    'mysql://db2',
    'u:p@db2',
  ])
    expect([wrong, read(wrong)]).toEqual([wrong, { faults: [expect.stringMatching(/^DB_REPLICAS must/)] }]);
});

test('a relative XDG_DATA_HOME is ignored, as its specification says', () => {
  expect(
    readSettings({ environment: { XDG_DATA_HOME: 'data', HOME: '/home/a' }, defaultFile: '' }),
  ).toMatchObject({
    file: '/home/a/.local/share/multiflexi/multiflexi.sqlite',
  });
});

test('a socket of the environment does not lead a file to another server; its password may be used', () => {
  const file = join(folder, 'c.env');
  writeFileSync(file, 'DB_CONNECTION=mysql\nDB_HOST=db.example\nDB_DATABASE=x\nDB_USERNAME=u');
  const expected = { host: 'db.example', socket: undefined, password: 'from outside' };
  expect(
    readSettings({ file, environment: { DB_SOCKET: '/run/other.sock', DB_PASSWORD: 'from outside' } }),
  ).toMatchObject(expected);
  expect(readSettings({ defaultFile: file, environment: { DB_PASSWORD: 'from outside' } })).toMatchObject(
    expected,
  );
});
