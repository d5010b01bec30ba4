/** A passphrase's file opens what it has encrypted, and no file with other bytes does. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readPassphrase } from './archive.ts';

const folder = mkdtempSync(join(tmpdir(), 'multiflexi-passphrase-'));
afterAll(() => rmSync(folder, { recursive: true }));

function passphrase(contents: string | Buffer): string {
  const file = join(folder, 'passphrase');
  writeFileSync(file, contents);
  chmodSync(file, 0o600);
  return readPassphrase(file);
}

test.each([
  ['correct horse\n'],
  ['correct horse'],
  ['correct horse\r\nsecond line'],
  ['correct horse\r'],
  ['\uFEFFcorrect horse\n'],
])('is its first line, however that ends: %j', (contents) => {
  expect(passphrase(contents)).toBe('correct horse');
});

test('keeps its spaces, and counts characters', () => {
  expect(passphrase('  žluťoučký kůň \n')).toBe('  žluťoučký kůň ');
  expect(() => passphrase('😀😀😀😀\n')).toThrow(/shorter than 8/);
  expect(passphrase('😀😀😀😀😀😀😀😀\n')).toHaveLength(16);
});

test.each([
  ['random bytes', Buffer.alloc(32, 0xff), /not valid UTF-8/],
  ['a key with a NUL', Buffer.from('correct\0horse'), /control character/],
  ['a line of UTF-16', Buffer.from('correct horse\n', 'utf16le'), /control character|not valid/],
  ['nothing', '', /shorter than 8/],
  ['blanks', '            \n', /shorter than 8/],
])('is refused: %s', (_, contents, message) => {
  expect(() => passphrase(contents)).toThrow(message);
});
