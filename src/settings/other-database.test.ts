import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readOtherDatabase } from './other-database.ts';

const written = (url: string, environment = {}) => readOtherDatabase({ url }, environment).written;

describe('a second database', () => {
  test('is named by a URL, its password by the environment', () => {
    expect(written('mysql://multi%40flexi@db1:3307/data', { OTHER_DB_PASSWORD: 'p w' })).toEqual({
      DB_CONNECTION: 'mysql',
      DB_HOST: 'db1',
      DB_PORT: '3307',
      DB_USERNAME: 'multi@flexi',
      DB_DATABASE: 'data',
      DB_PASSWORD: 'p w',
    });
    expect(readOtherDatabase({ url: 'mariadb://u@[::1]/d' }, {}).settings).toMatchObject({
      connection: 'mysql',
      host: '::1',
      port: 3306,
    });
    expect(readOtherDatabase({ url: 'postgresql://u@h/d' }, {}).settings).toMatchObject({ port: 5432 });
  });

  test('a file is named by its absolute path, as settings are read elsewhere', () => {
    for (const url of ['sqlite:///var/a.sqlite', 'sqlite:/var/a.sqlite'])
      expect(written(url)).toEqual({ DB_CONNECTION: 'sqlite', DB_DATABASE: '/var/a.sqlite' });
    expect(written('sqlite:a.sqlite').DB_DATABASE).toBe(resolve('a.sqlite'));
  });

  test('a password in a URL is refused and not repeated', () => {
    const attempt = () => written('pgsql://u:s3cret@h/d');
    expect(attempt).toThrow(/list of processes/);
    expect(attempt).not.toThrow(/s3cret/);
  });

  test.each([
    'oracle://u@h/d',
    'mysql:d',
    'mysql://',
    'mysql://u@h',
    'mysql://h/d',
    'mysql://u@h:99999/d',
    'mysql://u@h/d?ssl=1',
    'mysql://u%ZZ@h/d',
    'sqlite:',
    'sqlite:////x',
    'sqlite://host/x',
    'sqlite::memory:',
    'sqlite:~/a',
    '',
  ])('%j is refused', (url) => {
    expect(() => written(url)).toThrow(expect.objectContaining({ exit: 64 }));
  });

  test('a file of settings is read without those of the environment', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'other-')), 'new.env');
    writeFileSync(file, 'DB_CONNECTION=pgsql\nDB_DATABASE=d\nDB_USERNAME=u\nOTHER=1\n');
    const environment = { DB_PASSWORD: 'of the first', DB_HOST: 'first', OTHER_DB_PASSWORD: 'of the second' };
    expect(readOtherDatabase({ file }, environment).written).toEqual({
      DB_CONNECTION: 'pgsql',
      DB_DATABASE: 'd',
      DB_USERNAME: 'u',
      DB_PASSWORD: 'of the second',
    });
  });
});
