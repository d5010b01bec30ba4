/** What goes wrong around the program: one clear message, the right status, no stack trace, no secret. */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli, type Finished } from '../harness/cli.ts';
import {
  administer,
  describeEngines,
  freshDatabase,
  isAvailable,
  serverOf,
  type TestDatabase,
} from '../harness/engines.ts';
import { canMount } from '../harness/small-disk.ts';

const SECRET = 'n0t-to-be-se3n';
const PROGRAM = fileURLToPath(new URL('../../bin/multiflexi-cli.js', import.meta.url));

function expectClear({ exit, stdout, stderr }: Finished, status: number, message: RegExp): void {
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^Error: /m);
  expect(stderr).toMatch(/^Next: /m);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stdout + stderr).not.toContain(SECRET);
  expect(exit).toBe(status);
}

describeEngines('a server that cannot be used', (name) => {
  if (name === 'sqlite') {
    test('is none on sqlite: a file in a place that cannot be made is the same case', async () => {
      const done = await cli(['db:migrate'], {
        DB_CONNECTION: 'sqlite',
        DB_DATABASE: '/proc/no/such/place.sqlite',
      });
      expectClear(done, 4, /Cannot reach the SQLite file at \/proc\/no\/such\/place\.sqlite/);
    });
    return;
  }
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase(name);
  });
  afterAll(() => database.drop());

  const run = (change: Record<string, string>) => cli(['db:migrate'], { ...database.environment, ...change });

  test('a wrong password: 4', async () => {
    expectClear(await run({ DB_PASSWORD: SECRET }), 4, /refused the login/);
  });

  test('a password that its line of the file cuts off: 4, and what to write', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'multiflexi-settings-'));
    const file = join(directory, 'multiflexi.env');
    const settings = { ...database.environment, DB_PASSWORD: `${SECRET}#${SECRET}` };
    writeFileSync(
      file,
      Object.entries(settings)
        .map(([setting, value]) => `${setting}=${value}\n`)
        .join(''),
    );
    const done = await cli(['db:status', '-e', file]);
    expectClear(done, 4, /refused the login/);
    expect(done.stderr).toContain('Next: The password in the file ends before its first #');
    rmSync(directory, { recursive: true });
  });

  test('is found under the other names that people write: mariadb for MySQL, postgres, a port in the host', async () => {
    const { DB_HOST = '', DB_PORT = '', ...rest } = database.environment;
    const names = name === 'postgresql' ? ['postgresql', 'Postgres'] : ['mariadb', 'MySQL', 'mysqli'];
    for (const DB_CONNECTION of names) {
      const done = await cli(['db:status'], { ...rest, DB_CONNECTION, DB_HOST: `${DB_HOST}:${DB_PORT}` });
      expect([DB_CONNECTION, done.exit]).toEqual([DB_CONNECTION, 3]);
    }
  });

  test('a port that nobody listens at yet is waited for, and no longer than was said', async () => {
    const { host, port } = serverOf(name);
    const probe = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => probe.once('listening', resolve));
    const late = (probe.address() as { port: number }).port;
    await new Promise((resolve) => probe.close(resolve));
    const started = Date.now();
    const words = (seconds: string) => ['db:status', '--no-input', '--wait-for-database', seconds];
    const environment = { ...database.environment, DB_PORT: String(late) };
    expectClear(await cli(words('1'), environment), 4, /Cannot reach/);
    expect(Date.now() - started).toBeLessThan(10_000);
    // The server comes up while the program waits: a relay stands in for its port, and hangs up on the first who comes.
    let callers = 0;
    const relay = createServer((socket) => {
      if (++callers === 1) return socket.destroy();
      const server = connect(port, host);
      socket.pipe(server).pipe(socket);
      for (const end of [socket, server]) end.on('error', () => {});
    }).listen(late, '127.0.0.1');
    expect(await cli(words('60'), environment)).toMatchObject({ exit: 3 });
    expect(callers).toBeGreaterThan(1);
    relay.close();
  });

  test('a closed port: 4', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => probe.once('listening', resolve));
    const { port } = probe.address() as { port: number };
    await new Promise((resolve) => probe.close(resolve));
    expectClear(
      await run({ DB_PORT: String(port), DB_PASSWORD: SECRET }),
      4,
      new RegExp(`127\\.0\\.0\\.1:${port}: the connection was refused`),
    );
  });

  test('a database that does not exist: 4', async () => {
    expectClear(await run({ DB_DATABASE: 'not_there' }), 4, /no database not_there/);
  });

  test('a user who may only read: 1, and nothing is made', async () => {
    const { DB_DATABASE = '' } = database.environment;
    const user = `reader_${DB_DATABASE}`.slice(0, 30);
    const statements =
      name === 'postgresql'
        ? [
            `create role ${user} login password '${SECRET}'`,
            `grant connect on database ${DB_DATABASE} to ${user}`,
          ]
        : [
            `create user '${user}'@'%' identified by '${SECRET}'`,
            `grant select on ${DB_DATABASE}.* to '${user}'@'%'`,
          ];
    for (const statement of statements) await administer(name, statement);
    expectClear(await run({ DB_USERNAME: user, DB_PASSWORD: SECRET }), 1, /is missing a privilege|failed at/);
    const engine = await database.open();
    expect(await engine.tableNames()).toEqual([]);
    await engine.close();
    for (const statement of name === 'postgresql'
      ? [
          `drop owned by ${user}`,
          `revoke connect on database ${DB_DATABASE} from ${user}`,
          `drop role ${user}`,
        ]
      : [`drop user '${user}'@'%'`]) {
      await administer(name, statement);
    }
  });
});

describe.runIf(isAvailable('sqlite'))('an SQLite file', () => {
  let directory: string;
  let file: string;
  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'multiflexi-accident-'));
    file = join(directory, 'a.sqlite');
    expect((await cli(['db:migrate'], { DB_CONNECTION: 'sqlite', DB_DATABASE: file })).exit).toBe(0);
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test('is migrated to the end though nobody reads the talk any more', () => {
    const other = join(directory, 'unread.sqlite');
    const script =
      '"$NODE" "$PROGRAM" db:migrate 2>&1 | head -n 1; "$NODE" "$PROGRAM" db:status >/dev/full; echo "full: $?"; "$NODE" "$PROGRAM" db:status >/dev/null; echo "status: $?"';
    const done = spawnSync('bash', ['-c', script], {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        HOME: '/nonexistent',
        NODE: process.execPath,
        PROGRAM,
        DB_CONNECTION: 'sqlite',
        DB_DATABASE: other,
      },
    });
    expect(done.stdout).toMatch(/full: 1\nstatus: 0\n$/);
    expect(done.stderr).not.toMatch(/^\s+at /m);
  });

  test.runIf(process.getuid?.() === 0)('that may not be written: 1', () => {
    chmodSync(directory, 0o755);
    chmodSync(file, 0o444);
    // Root may write anything, so the program runs as somebody else.
    const { uid, gid } = statOf('nobody');
    const done = spawnSync(process.execPath, [PROGRAM, 'db:rollback'], {
      uid,
      gid,
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: '/nonexistent', DB_CONNECTION: 'sqlite', DB_DATABASE: file },
    });
    expectClear(
      { exit: done.status, stdout: done.stdout, stderr: done.stderr },
      1,
      /cannot be written|failed|Cannot/,
    );
    chmodSync(file, 0o600);
  });

  test.runIf(canMount())(
    'on a disk without room for a table that has to be written again: 5, and nothing is done',
    () => {
      const script = `
      set -e
      mount -t tmpfs -o size=60m tmpfs "$DISK"
      export DB_CONNECTION=sqlite DB_DATABASE="$DISK/small.sqlite"
      "$NODE" "$PROGRAM" db:migrate >/dev/null 2>&1
      "$NODE" "$PROGRAM" sample:load --jobs 8000 >/dev/null 2>&1
      dd if=/dev/zero of="$DISK/filler" bs=1M count=$(($(df -m --output=avail "$DISK" | tail -1) - 1)) 2>/dev/null
      status=0; "$NODE" "$PROGRAM" db:rollback -t 20221123091933 --yes --no-backup || status=$?
      echo "no room: $status"
      "$NODE" "$PROGRAM" db:status >/dev/null; echo "status: $?"
      rm "$DISK/filler"
      "$NODE" "$PROGRAM" db:rollback -t 20221123091933 --yes --no-backup >/dev/null 2>&1
      echo "roomy: $?"`;
      const disk = mkdtempSync(join(tmpdir(), 'multiflexi-disk-'));
      const done = spawnSync('unshare', ['--mount', 'sh', '-c', script], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: disk, DISK: disk, NODE: process.execPath, PROGRAM },
      });
      rmSync(disk, { recursive: true });
      expect(done.stdout).toBe('no room: 5\nstatus: 0\nroomy: 0\n');
      expectClear(
        { exit: 5, stdout: '', stderr: done.stderr },
        5,
        /Table logger takes .* and has to be rewritten, but the disk of .* has only .* free/,
      );
    },
  );

  test.runIf(canMount())(
    'on a disk that is full: 1, and after room was made the same command finishes',
    () => {
      // A small disk of its own, seen by this shell alone, that a sample does not fit on.
      const script = `
      set -e
      mount -t tmpfs -o size=3m tmpfs "$DISK"
      export DB_CONNECTION=sqlite DB_DATABASE="$DISK/small.sqlite"
      "$NODE" "$PROGRAM" db:migrate >/dev/null 2>&1
      status=0; "$NODE" "$PROGRAM" sample:load --jobs 20000 || status=$?
      echo "full: $status"
      mount -o remount,size=300m "$DISK"
      "$NODE" "$PROGRAM" db:rollback -t 0 --yes >/dev/null 2>&1
      "$NODE" "$PROGRAM" db:migrate >/dev/null 2>&1
      "$NODE" "$PROGRAM" sample:load --jobs 2000 >/dev/null 2>&1
      echo "roomy: $?"`;
      const disk = mkdtempSync(join(tmpdir(), 'multiflexi-disk-'));
      const done = spawnSync('unshare', ['--mount', 'sh', '-c', script], {
        encoding: 'utf8',
        env: { PATH: process.env.PATH, HOME: disk, DISK: disk, NODE: process.execPath, PROGRAM },
      });
      rmSync(disk, { recursive: true });
      expect(done.stdout).toContain('full: 1');
      expect(done.stdout).toContain('roomy: 0');
      expectClear({ exit: 1, stdout: '', stderr: done.stderr }, 1, /The disk of the SQLite file .* is full/);
      // Most other commands go on where they stopped: this one would refuse the jobs that are there.
      expect(done.stderr).toContain(
        'Next: The rows written until then are kept, and a sample cannot be continued',
      );
    },
  );
});

function statOf(user: string): { uid: number; gid: number } {
  const id = (flag: string) => Number(execFileSync('id', [flag, user], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
