/** Space from the command line: what is said of it, and what goes wrong around it. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeBulkyHistory } from '../harness/bulky-history.ts';
import { cli } from '../harness/cli.ts';
import { describeEngines, isAvailable, migratedDatabase, type TestDatabase } from '../harness/engines.ts';

const MEBI = 1024 * 1024;
const PROGRAM = fileURLToPath(new URL('../../bin/multiflexi-cli.js', import.meta.url));

describeEngines('space on the command line', (name) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    await makeBulkyHistory((database as Awaited<ReturnType<typeof migratedDatabase>>).engine);
  });
  afterAll(() => database.drop());
  const run = (...words: string[]) => cli(words, database.environment);

  test('is told by a purge, with the way to get the rest', async () => {
    const { exit, stdout } = await run('prune', '--jobs', '--keep', '3000', '--yes');
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^Space: .* freed in the database, .* given back to the disk; now free: /m);
    if (name === 'sqlite' || name === 'postgresql')
      expect(stdout).toMatch(/^multiflexi-cli db:reclaim\n {2}gives: .*\n {2}locks: .*\n {2}needs: /m);
    else expect(stdout).toContain('so this is the amount so far');
  });

  test('is given back behind a purge that is asked to', async () => {
    const { exit, stdout } = await run(
      'prune',
      '--jobs',
      '--keep',
      '600',
      '--yes',
      '--reclaim',
      '-f',
      'json',
    );
    expect(exit).toBe(0);
    const { space } = JSON.parse(stdout);
    expect(space.error).toBeNull();
    expect(space.reclaim.stopped).toBeNull();
    if (name === 'sqlite') {
      expect(space).toMatchObject({ reclaimable_bytes: 0, how: [] });
      expect(space.returned_to_disk_bytes).toBeGreaterThan(20 * MEBI);
      expect(statSync(database.environment.DB_DATABASE ?? '').size).toBeLessThan(6 * MEBI);
    }
    if (name === 'postgresql')
      expect(space.how).toEqual([
        expect.objectContaining({
          command: 'VACUUM (FULL, ANALYZE) artifacts;',
          lock: expect.stringContaining('ACCESS EXCLUSIVE'),
          by_reclaim: false,
        }),
      ]);
  });

  test('is not given back while a purge is running: 6, and who it is', async () => {
    const engine = await database.open();
    const lock = await engine.lock({ name: 'prune', program: 'somebody', waitMs: 0 });
    const { exit, stderr } = await run('db:reclaim');
    expect([exit, stderr]).toEqual([6, expect.stringContaining(`somebody (process ${process.pid})`)]);
    await lock.release();
    await engine.close();
  });

  test('is given back by a command of its own', async () => {
    const dry = await run('db:reclaim', '--dry-run');
    expect([dry.exit, dry.stdout]).toEqual([0, expect.stringMatching(/^Free space: /)]);
    const { exit, stdout } = await run('db:reclaim', '--time-budget', '1m');
    expect([exit, stdout]).toEqual([
      0,
      expect.stringMatching(/^Space: .* given back to the disk; now free: (?:.*\n)*Finished in /m),
    ]);
  });

  test.each([
    [['db:reclaim', '--time-budget', '0s'], /must be a time/],
    [['db:reclaim', '--wait', 'x'], /whole number/],
    [['db:reclaim', '--relcaim'], /unknown option/],
  ])('refuses %j', async (words, message) => {
    const { exit, stderr } = await run(...words);
    expect([exit, stderr]).toEqual([64, expect.stringMatching(message)]);
  });
});

describe.runIf(isAvailable('sqlite'))('an SQLite file that gives space back', () => {
  test.runIf(process.getuid?.() === 0)('but may not be written: 1', async () => {
    const database = await migratedDatabase('sqlite');
    await database.engine.close();
    const { DB_DATABASE: file = '' } = database.environment;
    chmodSync(join(file, '..'), 0o755);
    chmodSync(file, 0o444);
    // Root may write anything, so the program runs as somebody else.
    const done = spawnSync(process.execPath, [PROGRAM, 'db:reclaim'], {
      uid: 65_534,
      gid: 65_534,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: '/nonexistent', ...database.environment },
    });
    expect([done.status, done.stdout]).toEqual([1, '']);
    expect(done.stderr).toMatch(/^Error: .*(cannot be written|Cannot)/m);
    await database.drop();
  });

  test.runIf(canMount())('on a disk that is all but full makes room on it', () => {
    const script = `
      set -e
      mount -t tmpfs -o size=60m tmpfs "$DISK"
      export DB_CONNECTION=sqlite DB_DATABASE="$DISK/small.sqlite"
      "$NODE" "$PROGRAM" db:migrate >/dev/null 2>&1
      "$NODE" "$PROGRAM" sample:load --jobs 4000 >/dev/null 2>&1
      "$NODE" "$PROGRAM" prune --jobs --logs --keep 500 --yes >/dev/null 2>&1
      dd if=/dev/zero of="$DISK/filler" bs=4k count=$(($(df -k --output=avail "$DISK" | tail -1) / 4 - 32)) 2>/dev/null
      echo "free: $(df -k --output=avail "$DISK" | tail -1)"
      status=0; "$NODE" "$PROGRAM" db:reclaim -f json || status=$?
      echo "status: $status"
      "$NODE" "$PROGRAM" db:verify >/dev/null
      echo "free: $(df -m --output=avail "$DISK" | tail -1)"
      dd if=/dev/zero of="$DISK/rest" bs=4k 2>/dev/null || true
      for free in 0 36; do
        truncate -s -\${free}k "$DISK/rest"
        for words in db:reclaim "prune --logs --keep 400 --reclaim"; do
          status=0; "$NODE" "$PROGRAM" $words -f json 2>/dev/null || status=$?
          echo "full: $status"
        done
      done
      rm "$DISK/rest"
      "$NODE" "$PROGRAM" db:verify >/dev/null
      "$NODE" "$PROGRAM" prune --logs --keep 400 --reclaim >/dev/null 2>&1
      echo "roomy: $?"`;
    const disk = mkdtempSync(join(tmpdir(), 'multiflexi-disk-'));
    const done = spawnSync('unshare', ['--mount', 'sh', '-c', script], {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        HOME: disk,
        DISK: disk,
        NODE: process.execPath,
        PROGRAM,
      },
    });
    rmSync(disk, { recursive: true });
    expect(done.stderr).toBe('');
    expect(done.stdout).toMatch(/^free: +1\d\d\n/);
    expect(done.stdout).toMatch(/^status: 0\nfree: +(?:[5-9]|\d\d)\n/m);
    expect(done.stdout).toContain('"reclaimable_bytes": 0');
    // Without any room at all it says so, whatever has failed for want of it.
    const failures = [...done.stdout.matchAll(/"code": "(\w+)"/g)].map(([, code]) => code);
    expect(failures.length).toBeGreaterThanOrEqual(2);
    expect([...new Set(failures)]).toEqual(['DISK_FULL']);
    expect(done.stdout).toMatch(/\nroomy: 0\n$/);
  });
});

/** Mounting takes rights that not every machine gives. */
function canMount(): boolean {
  const probe = mkdtempSync(join(tmpdir(), 'multiflexi-mount-'));
  const { status } = spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', probe]);
  rmSync(probe, { recursive: true, force: true });
  return status === 0;
}
