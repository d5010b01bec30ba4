/** Directories and files of archives as administrators meet them: not mounted, of others, read-only, begun by a run that died. */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holdDirectory } from '../../src/cleanup/archive/lock.ts';
import { cli } from '../harness/cli.ts';
import { freshDatabase, isAvailable, type TestDatabase } from '../harness/engines.ts';
import { canMount, SmallDisk } from '../harness/small-disk.ts';

const isRoot = process.getuid?.() === 0;

describe.runIf(isAvailable('sqlite'))('what archives lie in', () => {
  let database: TestDatabase;
  let home: string;
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'multiflexi-files-'));
    database = await freshDatabase('sqlite');
    await run('db:migrate');
    await run('sample:load', '--jobs', '200', '--days', '60', '--until', '2026-01-31');
  });
  afterAll(async () => {
    rmSync(home, { recursive: true });
    await database.drop();
  });

  function run(...words: string[]) {
    return cli(words, database.environment);
  }
  const prune = (directory: string, until = '2025-12-20') =>
    run('prune', '--jobs', '--older-than', until, '--guard', '100', '--archive', directory, '-f', 'json');

  test.each(['archive:list', 'archive:verify', 'archive:show x', 'archive:remove x', 'archive:restore x'])(
    'missing is not taken for empty: %s',
    async (command) => {
      const words = [...command.split(' '), '--archive', join(home, 'not-mounted')];
      const { exit, stderr } = await run(...words);
      expect([exit, stderr]).toEqual([1, expect.stringContaining('it does not exist')]);
    },
  );

  test('a link that leads nowhere, a loop, and a file in place of a directory are said to be that', async () => {
    symlinkSync(join(home, 'gone'), join(home, 'dangling'));
    symlinkSync(join(home, 'loop'), join(home, 'loop'));
    writeFileSync(join(home, 'file'), '');
    for (const [name, message] of [
      ['dangling', /symbolic link to something that does not exist/],
      ['loop', /form a circle/],
      ['file', /(not a|no) directory/],
    ] as const)
      for (const { exit, stderr } of [
        await run('archive:verify', '--archive', join(home, name)),
        await prune(join(home, name)),
      ])
        expect([name, exit, stderr]).toEqual([name, 1, expect.stringMatching(message)]);
  });

  test('one archive that cannot be read is named, and stops neither the others nor a purge', async () => {
    const directory = join(home, 'mixed');
    const { archive } = JSON.parse((await prune(directory, '2025-12-10')).stdout).archive;
    const owner = archive.slice(archive.indexOf('-'));
    // As one of this installation, and one of another.
    for (const name of [`20250101T000000Z${owner}`, '20250102T000000Z-abcdefabcdef']) {
      mkdirSync(join(directory, name));
      symlinkSync('nothing', join(directory, name, 'archive.json'));
    }
    const list = await run('archive:list', '--archive', directory, '-f', 'json');
    expect(JSON.parse(list.stdout).archives.map(({ state }: { state: string }) => state)).toEqual([
      'unreadable',
      'unreadable',
      'whole',
    ]);
    const verified = await run('archive:verify', '--archive', directory, '-f', 'json');
    expect(verified.exit).toBe(7);
    expect(JSON.parse(verified.stdout).archives.map(({ whole }: { whole: boolean }) => whole)).toEqual([
      false,
      false,
      true,
    ]);
    const pruned = await prune(directory);
    expect([pruned.exit, pruned.stderr]).toEqual([
      0,
      expect.stringMatching(new RegExp(`could not be completed: 20250101T000000Z${owner}: `)),
    ]);
    expect(pruned.stderr).not.toContain('20250102T000000Z');
    expect((await run('archive:restore', archive, '--archive', directory)).exit).toBe(0);
  });

  test('an interrupted archive is a finding, one that is being written is none and is not removed', async () => {
    const directory = join(home, 'begun');
    mkdirSync(directory);
    const name = '20250101T000000Z-0123456789ab';
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, '000001.rows.zst.partial'), '');
    const verify = () => run('archive:verify', '--archive', directory);
    const interrupted = await verify();
    expect([interrupted.exit, interrupted.stdout]).toEqual([7, expect.stringContaining('was interrupted')]);
    const lock = await holdDirectory(directory, '0123456789ab', { program: 'prune', waitMs: 0 });
    expect((await verify()).exit).toBe(0);
    const remove = ['archive:remove', name, '--archive', directory, '--yes'];
    const refused = await run(...remove);
    expect([refused.exit, refused.stderr]).toEqual([6, expect.stringContaining(`process ${process.pid}`)]);
    lock.release();
    expect((await run(...remove)).exit).toBe(0);
    expect(readdirSync(directory).filter((file) => !file.startsWith('.'))).toEqual([]);
  });

  test('rows of another installation are asked about before they are restored', async () => {
    const directory = join(home, 'theirs');
    const { archive } = JSON.parse((await prune(directory)).stdout).archive;
    const other = await freshDatabase('sqlite');
    await cli(['db:migrate'], other.environment);
    await cli(['sample:load', '--jobs', '10', '--seed', '7'], other.environment);
    const restore = ['archive:restore', archive, '--archive', directory];
    const refused = await cli([...restore, '--no-input'], other.environment);
    expect([refused.exit, refused.stderr]).toEqual([
      5,
      expect.stringMatching(
        /the archive comes from installation [0-9a-f-]{36} .*, but this database is installation/,
      ),
    ]);
    const dry = await cli([...restore, '--dry-run', '-f', 'json'], other.environment);
    expect(JSON.parse(dry.stdout).differences[0]).toContain('the archive comes from installation');
    const back = await run(...restore);
    expect([back.exit, back.stderr]).toEqual([0, expect.not.stringContaining('installation')]);
    await other.drop();
  });

  test.runIf(canMount())(
    'a full disk leaves no plan and no backup that looks finished, and destroys nothing',
    async () => {
      const place = mkdtempSync(join(home, 'disk-'));
      const disk = await SmallDisk.mount(place, '64k', { ...database.environment, NODE: process.execPath });
      await disk.run('dd if=/dev/zero of="$DISK/filler" bs=1024 count=64');
      const command = '"$NODE" bin/multiflexi-cli.js';
      const plan = await disk.run(
        `${command} prune --jobs --older-than 2025-12-20 --dry-run --save-plan "$DISK/plan.json"`,
      );
      expect([plan.status, plan.said]).toEqual([
        1,
        expect.stringMatching(/plan\.json cannot be used: the disk is full/),
      ]);
      const rollback = await disk.run(`${command} db:rollback -t 0 --yes --backup "$DISK/saved.rows.zst"`);
      expect([rollback.status, rollback.said]).toEqual([
        1,
        expect.stringMatching(/saved\.rows\.zst cannot be used[\s\S]*Nothing was destroyed/),
      ]);
      expect(readdirSync(disk.seen)).toEqual(['filler']);
      expect((await run('db:status')).exit).toBe(0);
      await disk.unmount();
    },
  );

  test.runIf(isRoot)(
    'a directory of a group can be used by its members, and one that is read-only be restored from',
    async () => {
      const directory = join(home, 'shared');
      chmodSync(home, 0o755);
      mkdirSync(directory);
      chownSync(directory, 0, 12_345);
      chmodSync(directory, 0o2770);
      const { archive } = JSON.parse((await prune(directory)).stdout).archive;
      const [lock] = readdirSync(directory).filter((file) => file.endsWith('.lock'));
      const { mode, gid } = statSync(join(directory, lock ?? ''));
      expect([mode & 0o777, gid]).toEqual([0o660, 12_345]);
      const mounted = spawnSync(
        'unshare',
        [
          '--mount',
          'sh',
          '-c',
          'mount --bind "$D" "$D" && mount -o remount,bind,ro "$D" && exec "$@"',
          'sh',
          process.execPath,
          'bin/multiflexi-cli.js',
          'archive:restore',
          archive,
          '--archive',
          directory,
        ],
        { env: { ...process.env, ...database.environment, D: directory }, encoding: 'utf8' },
      );
      if (
        !mounted.stderr.includes('permission denied') &&
        !mounted.stderr.includes('Operation not permitted')
      )
        expect([mounted.status, mounted.stderr]).toEqual([0, expect.anything()]);
    },
  );
});
