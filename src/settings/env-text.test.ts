import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withSettings } from './env-text.ts';

const TO = { DB_CONNECTION: 'pgsql', DB_HOST: 'db1', DB_DATABASE: 'multiflexi', DB_USERNAME: 'u' };

describe('the text of a settings file with another database in it', () => {
  test('keeps comments, other settings, their order and the way lines end', () => {
    const before = [
      '# Our platform',
      'ZABBIX_SERVER=10.0.0.1',
      '',
      'export DB_CONNECTION=sqlite  # development',
      "  export DB_DATABASE='/var/lib/multi flexi/a.sqlite'",
      'DB_PORT=',
      'ARCHIVE_DIR=/srv/archive # keep',
      'LAST="one # two"',
    ].join('\r\n');
    expect(withSettings(before, TO, 'f').split('\r\n')).toEqual([
      '# Our platform',
      'ZABBIX_SERVER=10.0.0.1',
      '',
      '# development',
      'export DB_CONNECTION=pgsql',
      '  export DB_DATABASE=multiflexi',
      '  export DB_HOST=db1',
      '  export DB_USERNAME=u',
      'DB_PORT=',
      'ARCHIVE_DIR=/srv/archive # keep',
      'LAST="one # two"',
    ]);
  });

  test('of settings that are there twice one is left, and none of the old database', () => {
    const before = 'DB_HOST=old\nDB_REPLICAS=old2\nA=1\nDB_HOST=older\nDB_PASSWORD="se#cret"\n';
    const after = withSettings(before, TO, 'f');
    expect(after).not.toMatch(/old|cret/);
    expect(parseEnv(after)).toEqual({ ...TO, A: '1' });
  });

  test('a file without any, without a last line break and with a byte order mark takes them', () => {
    expect(withSettings('\uFEFFA=1', { DB_CONNECTION: 'sqlite', DB_DATABASE: '/a b' }, 'f')).toBe(
      "\uFEFFA=1\nDB_CONNECTION=sqlite\nDB_DATABASE='/a b'\n",
    );
  });

  test('is refused where a line of it only looks like a setting', () => {
    const before = 'TEXT="one\nDB_HOST=not a setting\n"\nDB_HOST=a\n';
    expect(() => withSettings(before, TO, 'f')).toThrow('part of the value of another setting');
  });

  test('a value that no form says everywhere is refused, and is not repeated', () => {
    for (const value of [`a'$b`, 'a\nb', `'"`, "it's `x`"])
      expect(() => withSettings('', { ...TO, DB_PASSWORD: value }, 'f')).toThrow(/^The value of DB_PASSWORD/);
  });

  test('every other password is read as the same by this program and by a shell', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'env-')), 'multiflexi.env');
    const passwords = fc.sample(
      fc
        .string({
          unit: fc.constantFrom(...'aZ0 #"\'`$\\!&|;<>(){}[]*?~^%=é😀,'),
          minLength: 1,
          maxLength: 12,
        })
        .filter((text) => text.trim() !== '' && !(text.includes("'") && /["$\\`]/.test(text))),
      60,
    );
    const lines = passwords.map((password) => {
      const text = withSettings('', { DB_PASSWORD: password }, 'f');
      expect(parseEnv(text).DB_PASSWORD).toBe(password);
      return `${text}printf '%s\\0' "$DB_PASSWORD"\n`;
    });
    writeFileSync(file, lines.join(''));
    expect(execFileSync('sh', [file], { encoding: 'utf8' }).split('\0').slice(0, -1)).toEqual(passwords);
  });
});
