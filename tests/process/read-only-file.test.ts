/** An SQLite file where nothing can be written: what can be told is told, and else what to do. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEngine } from '../../src/engines/index.ts';
import { migrate } from '../../src/migrations/index.ts';
import { canMount, SmallDisk } from '../harness/small-disk.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/multiflexi-cli.js', import.meta.url));
const SOMEBODY = { uid: 54_301, gid: 54_300 };
const why =
  process.getuid?.() !== 0
    ? 'only root can be another user'
    : spawnSync(process.execPath, ['--check', PROGRAM], SOMEBODY).status !== 0
      ? 'other users may not read this checkout'
      : '';

let directory: string;
let file: string;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'multiflexi-read-only-'));
  file = join(directory, 'a.sqlite');
  const engine = await openEngine({ connection: 'sqlite', file }, 'create');
  await migrate(engine, { program: 'test', waitMs: 0 });
  await engine.close();
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Leaves the file as it lies while somebody uses it. @param also the names of the files beside it that stay */
function asInUse(...also: readonly string[]) {
  const user = new Sqlite(file);
  user.exec("insert into company (name, slug) values ('a', 'a')");
  const copies = ['', ...also].map((suffix) => [`${directory}/copy${suffix}`, `${file}${suffix}`] as const);
  for (const [copy, original] of copies) copyFileSync(original, copy);
  user.close();
  for (const [copy, original] of copies) renameSync(copy, original);
}

describe.skipIf(why !== '')(`another user's SQLite file${why && `: ${why}`}`, () => {
  const run = (...words: readonly string[]) =>
    spawnSync(process.execPath, [PROGRAM, ...words], {
      ...SOMEBODY,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: directory, DB_CONNECTION: 'sqlite', DB_DATABASE: file },
    });
  const readable = (mode: number) => {
    chmodSync(directory, mode);
    for (const suffix of ['', '-wal', '-shm'])
      if (statSync(`${file}${suffix}`, { throwIfNoEntry: false })) chmodSync(`${file}${suffix}`, 0o444);
  };

  test('in a directory that is only readable cannot even be looked at, and it is said what helps', () => {
    readable(0o755);
    const { status, stderr } = run('db:status');
    expect([status, stderr]).toEqual([4, expect.stringContaining(`may not write to ${directory}`)]);
    expect(stderr).toContain("'PRAGMA journal_mode = DELETE'");
    const owner = new Sqlite(file);
    owner.pragma('journal_mode = DELETE');
    owner.close();
    expect(run('db:status').status).toBe(0);
    expect(run('db:verify').status).toBe(0);
  });

  test('with changes that are in the WAL alone is not read without them', () => {
    asInUse('-wal');
    readable(0o755);
    const { status, stderr } = run('db:status');
    expect([status, stderr]).toEqual([4, expect.stringContaining(`together with ${file}-wal`)]);
  });

  test('that somebody has open can be looked at', () => {
    asInUse('-wal', '-shm');
    readable(0o755);
    expect(run('db:status').status).toBe(0);
    expect(run('db:size', '--exact', '-f', 'json').stdout).toMatch(/"company",\s*"rows": 1\b/);
  });

  test('that it may not write says so before anything else', () => {
    readable(0o777);
    expect(run('db:status').status).toBe(0);
    const { status, stderr } = run('db:migrate');
    expect([status, stderr]).toEqual([1, expect.stringContaining('this user may not write the file')]);
  });

  test('that it may not see, or not read, is no empty database', () => {
    readable(0o700);
    expect(run('db:status')).toMatchObject({
      status: 4,
      stdout: '',
      stderr: expect.stringContaining('access was denied'),
    });
    chmodSync(directory, 0o755);
    chmodSync(file, 0o600);
    chownSync(file, 0, 0);
    expect(run('db:status')).toMatchObject({
      status: 4,
      stdout: '',
      stderr: expect.stringContaining('may not read'),
    });
  });
});

test.skipIf(!canMount())('an SQLite file on a disk that is mounted read-only', async () => {
  const at = mkdtempSync(join(tmpdir(), 'multiflexi-mounted-'));
  const disk = await SmallDisk.mount(at, '8m', {
    HOME: directory,
    DB_CONNECTION: 'sqlite',
    DB_DATABASE: `${at}/a.sqlite`,
  });
  const command = (words: string) => disk.run(`${process.execPath} ${PROGRAM} ${words}`);
  try {
    await disk.run(`cp ${file} "$DISK" && mount -o remount,ro "$DISK"`);
    expect(await command('db:status')).toMatchObject({
      status: 4,
      said: expect.stringContaining('the disk is mounted read-only'),
    });
    expect(await command('db:migrate')).toMatchObject({
      status: 1,
      said: expect.stringContaining('cannot be written: the disk is mounted read-only'),
    });
  } finally {
    await disk.unmount();
    rmSync(at, { recursive: true });
  }
});
