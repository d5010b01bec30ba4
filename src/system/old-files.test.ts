/** Old files of a folder are deleted, and nothing else: not what is young, not what is elsewhere, not what is no file. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type OldFilesRequest, walkOldFiles } from './old-files.ts';

/** Everything that a test makes is older than this, unless its time is set: nobody can set the time of a change. */
const LATER = Date.now() + 3_600_000;
const isRoot = process.geteuid?.() === 0;

let top: string;
let folder: string;
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'multiflexi-old-')));
  folder = join(top, 'tmp');
  mkdirSync(folder);
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const make = (...names: readonly string[]) => {
  for (const name of names) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), 'content');
  }
};
const walk = (changes: Partial<OldFilesRequest> = {}) =>
  walkOldFiles({
    directory: folder,
    before: LATER,
    isKept: async () => false,
    skip: 0,
    over: () => false,
    deletes: true,
    ...changes,
  });
const there = (name: string) => lstatSync(join(folder, name), { throwIfNoEntry: false }) !== undefined;

test('old files go with the directories that they leave empty, and are counted beforehand', async () => {
  make('a', 'b/c', 'b/d/e', 'f/g');
  mkdirSync(join(folder, 'empty'));
  const counted = await walk({ deletes: false });
  expect(there('a') && there('b/d/e') && there('empty')).toBe(true);
  const deleted = await walk();
  expect(deleted).toEqual(counted);
  expect(deleted).toMatchObject({ files: 4, directories: 4, bytes: 28, failed: 0, ended: false, passed: 0 });
  expect([there('a'), there('b'), there('f'), there('empty'), existsSync(folder)]).toEqual([
    false,
    false,
    false,
    false,
    true,
  ]);
});

test('what was changed since stays, by either of its times', async () => {
  make('young', 'touched');
  const past = new Date(Date.now() - 48 * 3_600_000);
  // An old time of the content alone: the change of it is now.
  utimesSync(join(folder, 'touched'), past, past);
  utimesSync(join(folder, 'young'), new Date(LATER + 1_000), new Date(LATER + 1_000));
  expect(await walk({ before: Date.now() - 3_600_000 })).toMatchObject({ files: 0 });
  expect(await walk()).toMatchObject({ files: 1 });
  expect([there('young'), there('touched')]).toEqual([true, false]);
});

test('a link is deleted as a link, and never followed', async () => {
  mkdirSync(join(top, 'elsewhere'));
  writeFileSync(join(top, 'elsewhere/precious'), 'content');
  symlinkSync(join(top, 'elsewhere'), join(folder, 'directory'));
  symlinkSync(join(top, 'elsewhere/precious'), join(folder, 'file'));
  symlinkSync('/nowhere', join(folder, 'dangling'));
  symlinkSync('.', join(folder, 'circle'));
  linkSync(join(top, 'elsewhere/precious'), join(folder, 'hard'));
  expect(await walk()).toMatchObject({ files: 5, failed: 0 });
  expect(existsSync(join(top, 'elsewhere/precious'))).toBe(true);
  expect(there('directory')).toBe(false);
});

test.each(['before it is entered', 'while it is walked'])(
  'a directory that becomes a link %s leads nobody out of the folder',
  async (when) => {
    make('inner/precious', 'inner/other');
    mkdirSync(join(top, 'elsewhere'));
    for (const name of ['precious', 'other']) writeFileSync(join(top, 'elsewhere', name), 'content');
    const swapped = when === 'while it is walked' ? /precious|other/ : /inner/;
    let swaps = 0;
    await walk({
      // Asked between the look at an entry and its deletion.
      isKept: async (name) => {
        if (swapped.test(name) && swaps++ === 0) {
          renameSync(join(folder, 'inner'), join(top, 'moved'));
          symlinkSync(join(top, 'elsewhere'), join(folder, 'inner'));
        }
        return false;
      },
    });
    expect(swaps).toBeGreaterThan(0);
    expect(existsSync(join(top, 'elsewhere/precious')) && existsSync(join(top, 'elsewhere/other'))).toBe(
      true,
    );
  },
);

test('pipes and sockets are left alone, and keep their directory', async () => {
  make('d/file');
  execFileSync('mkfifo', [join(folder, 'd/pipe')]);
  const server = createServer().listen(join(folder, 'socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  try {
    expect(await walk()).toMatchObject({ files: 1, directories: 0, failed: 0 });
    expect([there('d/pipe'), there('socket')]).toEqual([true, true]);
  } finally {
    server.close();
  }
});

test('what is kept by its name stays, and a directory of that name with all that is in it', async () => {
  make('keep', 'go', 'job_7/a/b', 'other/keep');
  const result = await walk({ isKept: async (name) => name === 'keep' || name === 'job_7' });
  expect(result).toMatchObject({ files: 1, directories: 0, kept: 3 });
  expect([there('keep'), there('go'), there('job_7/a/b'), there('other/keep')]).toEqual([
    true,
    false,
    true,
    true,
  ]);
});

test('what somebody puts into a directory meanwhile stays, and so does the directory', async () => {
  make('d/a');
  const result = await walk({
    isKept: async (name) => {
      if (name !== 'a') return false;
      writeFileSync(join(folder, 'd/new'), 'content');
      utimesSync(join(folder, 'd/new'), new Date(LATER + 1_000), new Date(LATER + 1_000));
      return false;
    },
  });
  expect(result).toMatchObject({ files: 1, directories: 0, failed: 0 });
  expect(there('d/new')).toBe(true);
});

test('names of any kind are deleted', async () => {
  make(' ', '-rf', 'a\nb', 'žluťoučký 🏦', '*', '\\', "'", '.hidden', 'x'.repeat(255));
  expect(await walk()).toMatchObject({ files: 9, failed: 0 });
});

test('a walk that is ended goes on behind what it has kept', async () => {
  make(
    ...Array.from({ length: 50 }, (_, n) => `d${n % 5}/${n}`),
    ...Array.from({ length: 50 }, (_, n) => `${n}.txt`),
  );
  let looked = 0;
  const first = await walk({
    isKept: async (name) => /\d+$/.test(name) && !name.startsWith('d'),
    over: () => ++looked > 60,
  });
  expect(first.ended).toBe(true);
  expect(first.passed).toBeGreaterThan(0);
  const asked: string[] = [];
  await walk({ isKept: async (name) => asked.push(name) > 0, skip: first.passed });
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.length).toBeLessThan(110 - first.files);
});

test('more files than fit into memory at once are a matter of time alone', async () => {
  for (let n = 0; n < 20_000; n++) writeFileSync(join(folder, `${n}`), '');
  expect(await walk({ deletes: false })).toMatchObject({ files: 20_000 });
  expect(await walk()).toMatchObject({ files: 20_000, ended: false });
});

test('a failure of a callback is its own', async () => {
  make('d/a');
  const lost = Object.assign(new Error('lost'), { code: 'LEASE_LOST' });
  await expect(walk({ isKept: async (name) => (name === 'a' ? Promise.reject(lost) : false) })).rejects.toBe(
    lost,
  );
  expect(there('d/a')).toBe(true);
});

test.runIf(isRoot)('files of other accounts are counted and left alone', async () => {
  make('ours', 'theirs', 'd/theirs');
  chownSync(join(folder, 'theirs'), 65_534, 65_534);
  chownSync(join(folder, 'd/theirs'), 65_534, 65_534);
  expect(await walk()).toMatchObject({ files: 1, directories: 0, foreign: 2, failed: 0 });
  expect([there('ours'), there('theirs'), there('d/theirs')]).toEqual([false, true, true]);
});

test('a file that cannot be deleted is named, and the others go', async () => {
  make('locked/a', 'b', 'c');
  if (isRoot) for (const name of ['', 'locked/a', 'b', 'c']) chownSync(join(folder, name), 65_534, 65_534);
  if (isRoot) chmodSync(top, 0o755);
  chmodSync(join(folder, 'locked'), 0o555);
  if (isRoot) process.seteuid?.(65_534);
  try {
    const result = await walk();
    expect(result).toMatchObject({ files: 2, failed: 1 });
    expect(result.failures[0]).toContain('locked/a" (access was denied)');
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(join(folder, 'locked'), 0o755);
  }
  expect([there('locked/a'), there('b'), there('c')]).toEqual([true, false, false]);
});
