/** A file is held by one at a time, and what is no lock's file is told. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { holdFile } from './file-lock.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'multiflexi-lock-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test('it is held until it is let go of', async () => {
  const file = join(directory, 'a.lock');
  writeFileSync(file, '');
  const held = await holdFile(file, 0);
  if (held === undefined || held === 'impossible') throw new Error('not held');
  expect(await holdFile(file, 0)).toBeUndefined();
  held.close();
  const again = await holdFile(file, 0);
  expect(again).toMatchObject({ close: expect.any(Function) });
  if (again !== undefined && again !== 'impossible') again.close();
});

test('a file that does not exist, or is another kind of file, is an error and not a lock', async () => {
  await expect(holdFile(join(directory, 'none.lock'), 0)).rejects.toThrow();
  const other = join(directory, 'other.lock');
  writeFileSync(other, 'x'.repeat(4096));
  await expect(holdFile(other, 0)).rejects.toThrow();
});
