/** Whoever may write an SQLite file may lock it: the files of its lock have its mode, owner and group. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEngine } from '../../src/engines/index.ts';
import { processFile } from '../harness/processes.ts';

/** Ids that no account needs to have. */
const GROUP = 54_300;
const ONE = { uid: 54_301, gid: GROUP };
const TWO = { uid: 54_302, gid: GROUP };

/** Being somebody else takes root, and a checkout that others may read. */
const why =
  process.getuid?.() !== 0
    ? 'only root can be two users'
    : spawnSync(process.execPath, ['--check', processFile('locking')], ONE).status !== 0
      ? 'other users may not read this checkout'
      : '';

describe.skipIf(why !== '')(`the lock of an SQLite file that two users share${why && `: ${why}`}`, () => {
  let directory: string;
  let file: string;
  let lockFile: string;
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'multiflexi-users-'));
    chmodSync(directory, 0o770);
    chownSync(directory, ONE.uid, GROUP);
    file = join(directory, 'a.sqlite');
    lockFile = `${file}-work.lock`;
    await (await openEngine({ connection: 'sqlite', file }, 'create')).close();
    share(file);
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  function share(path: string) {
    chownSync(path, ONE.uid, GROUP);
    chmodSync(path, 0o660);
  }

  /** @returns `held`, or what it said instead; `done` ends it */
  async function lockAs(user: typeof ONE, path = file, signal: NodeJS.Signals = 'SIGKILL') {
    const child = spawn(
      process.execPath,
      [processFile('locking'), JSON.stringify({ connection: 'sqlite', file: path })],
      {
        ...user,
        env: { PATH: process.env.PATH },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    const ended = once(child, 'exit');
    await Promise.race([once(child.stdout, 'data'), ended]);
    return {
      said: () => said,
      pid: child.pid,
      done: async () => {
        child.kill(signal);
        await ended;
      },
    };
  }

  /** Takes it, is killed, and leaves its files behind. */
  async function takes(user: typeof ONE, path = file) {
    const { said, done } = await lockAs(user, path);
    await done();
    expect(said()).toBe('held\n');
  }

  const rights = (path: string) => {
    const { mode, uid, gid } = statSync(path);
    return [(mode & 0o777).toString(8), uid, gid];
  };

  test('is taken by one and then by the other, killed or not, whoever was first', async () => {
    for (const user of [ONE, TWO, ONE]) await takes(user);
    expect(rights(lockFile)).toEqual(['660', ONE.uid, GROUP]);
    rmSync(lockFile);
    for (const user of [TWO, ONE]) await takes(user);
    expect(rights(lockFile)).toEqual(['660', TWO.uid, GROUP]);
  });

  test('keeps the other one out, who is told the right holder', async () => {
    await takes(ONE);
    const { pid, done } = await lockAs(TWO);
    const engine = await openEngine({ connection: 'sqlite', file }, 'change');
    await expect(engine.lock({ name: 'work', program: 'x', waitMs: 0 })).rejects.toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining(`(process ${pid})`),
    });
    await engine.close();
    await done();
  });

  test("is the database owner's when root has made it", async () => {
    const engine = await openEngine({ connection: 'sqlite', file }, 'change');
    const lock = await engine.lock({ name: 'work', program: 'x', waitMs: 0 });
    expect(rights(lockFile)).toEqual(['660', ONE.uid, GROUP]);
    expect(rights(`${lockFile}.holder`)).toEqual(['660', ONE.uid, GROUP]);
    await lock.release();
    await engine.close();
    await takes(TWO);
  });

  test('that an older version made for one user alone is mended by that user, and the other is told until then', async () => {
    writeFileSync(lockFile, '', { mode: 0o600 });
    chownSync(lockFile, ONE.uid, GROUP);
    const { said } = await lockAs(TWO);
    expect(said()).toMatch(/may not write the lock file .* belongs to user 54301 and has mode 0600/);
    await takes(ONE);
    await takes(TWO);
  });

  test('is taken in a sticky directory, and by a link to the file', async () => {
    chmodSync(directory, 0o1777);
    const link = join(directory, 'link.sqlite');
    symlinkSync(file, link);
    for (const user of [ONE, TWO]) await takes(user, link);
    expect(existsSync(`${link}-work.lock`)).toBe(false);
    // The holder of before was another user's, and cannot be removed.
    const { pid, done } = await lockAs(ONE, file);
    expect(readFileSync(`${lockFile}.holder`, 'utf8')).toContain(`"pid":${pid}`);
    await done();
  });

  test('in a directory that may not be written says so, and where', async () => {
    // Somebody has the file open: else SQLite itself could not be used there.
    const platform = await openEngine({ connection: 'sqlite', file }, 'change');
    await platform.tableNames();
    chmodSync(directory, 0o750);
    const { said } = await lockAs(TWO);
    await platform.close();
    expect(said()).toMatch(/cannot be made: this user may not write to the directory .*multiflexi-users/);
  });

  test('follows no link that somebody has put in its place', async () => {
    const victim = join(directory, 'precious');
    writeFileSync(victim, 'precious', { mode: 0o600 });
    symlinkSync(victim, lockFile);
    symlinkSync(victim, `${lockFile}.holder`);
    const engine = await openEngine({ connection: 'sqlite', file }, 'change');
    const request = { name: 'work', program: 'x', waitMs: 0 };
    await expect(engine.lock(request)).rejects.toMatchObject({ code: 'PERMISSION_DENIED' });
    rmSync(lockFile);
    await (await engine.lock(request)).release();
    await engine.close();
    expect([readFileSync(victim, 'utf8'), ...rights(victim)]).toEqual(['precious', '600', 0, 0]);
    expect(lstatSync(lockFile).isFile()).toBe(true);
  });
});
