/** The export as an administrator makes it: to pipes that end early, on full disks, killed, and by accounts that may only read. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../src/schema/index.ts';
import { cli, finished, startCli } from '../harness/cli.ts';
import {
  administer,
  describeEngines,
  describeOn,
  isAvailable,
  migratedDatabase,
} from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { canMount, SmallDisk } from '../harness/small-disk.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/multiflexi-cli.js', import.meta.url));
const MIB = 1024 * 1024;

/** Of jobs, each with an artifact that nothing compresses. */
async function bulky(database: Awaited<ReturnType<typeof migratedDatabase>>, jobs: number, bytes: number) {
  const { engine } = database;
  await makeCompany(engine);
  await makeHistory(
    engine,
    Array.from({ length: jobs }, (_, n) => ({
      ...{ id: BigInt(n + 1), status: 'ok' as const, minute: n, artifacts: 1, logs: 1 },
    })),
    [],
  );
  const db = engine.kysely<Database>();
  for (let id = 1; id <= jobs; id++)
    await db
      .updateTable('artifacts')
      .set({ content: randomBytes(bytes) })
      .where('job_id', '=', BigInt(id))
      .execute();
}

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'multiflexi-export-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

describe.runIf(isAvailable('sqlite'))('an export', () => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  beforeAll(async () => {
    database = await migratedDatabase('sqlite');
    await bulky(database, 400, 40_000);
  });
  afterAll(() => database.drop());
  const shell = (script: string) =>
    spawnSync('bash', ['-c', script], {
      encoding: 'utf8',
      maxBuffer: 256 * MIB,
      env: {
        ...{ PATH: process.env.PATH, HOME: directory, OUT: directory },
        ...{ EXPORT: `"${process.execPath}" "${PROGRAM}" export`, ...database.environment },
      },
    });

  test('into a pipe whose reader ends early says so, and is no JSON', () => {
    const { stdout, stderr } = shell('eval "$EXPORT" | head -c 100000; echo " $PIPESTATUS"');
    expect(stdout.slice(100_000)).toBe(' 1\n');
    expect(() => JSON.parse(stdout.slice(0, 100_000))).toThrow();
    expect(stderr).toContain('ended before the export did');
    expect(stderr).toContain('What was written is incomplete');
    expect(stderr).not.toContain('Unexpected');
  });

  test('into a slow pipe is complete, and recorded for status', async () => {
    const child = startCli(['export'], database.environment);
    child.stdout.pause();
    const done = finished(child);
    // Its reader takes nothing for a while, and then all of it.
    await sleep(500);
    child.stdout.resume();
    const { exit, stdout, stderr } = await done;
    expect([exit, JSON.parse(stdout).complete]).toEqual([0, true]);
    expect(stderr).toMatch(/^Exported [\d,]+ rows of \d+ tables \(/);
    const status = await cli(['status'], database.environment);
    expect(status.stdout).toMatch(/Last exported at .* to the standard output/);
  });

  test.runIf(spawnSync('jq', ['--version']).status === 0)('is read by jq', () => {
    const { status, stdout } = shell(
      `eval "$EXPORT" | jq -c '[.complete, (.tables.job|length), .counts.job.rows]'`,
    );
    expect([status, stdout]).toEqual([0, '[true,400,400]\n']);
  });

  test.runIf(spawnSync('script', ['--version']).status === 0)('is not thrown at a terminal', () => {
    const at = (words: string) =>
      spawnSync('script', ['-qec', `"${process.execPath}" "${PROGRAM}" export ${words}`, '/dev/null'], {
        encoding: 'utf8',
        maxBuffer: 256 * MIB,
        env: { PATH: process.env.PATH, HOME: directory, ...database.environment },
      });
    expect(at('')).toMatchObject({
      status: 64,
      stdout: expect.stringContaining('not written to a terminal'),
    });
    expect(at('--tables company --output -')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('"complete": true'),
    });
  });

  test('into a file of the shell on a full disk fails, though the shell made the file', () => {
    const { status, stderr } = shell('eval "$EXPORT" > /dev/full');
    expect([status, stderr]).toEqual([1, expect.stringContaining('the disk is full')]);
  });

  test.runIf(canMount())('onto a disk that becomes full leaves nothing', { timeout: 60_000 }, async () => {
    const disk = await SmallDisk.mount(directory, '10m', { ...database.environment, NODE: process.execPath });
    try {
      const command = '"$NODE" bin/multiflexi-cli.js export';
      for (const [file, said] of [
        // It is expected to be compressed, and is not.
        ['b.rows.zst', 'the disk is full'],
        ['b.json', 'has 10 MiB free'],
      ]) {
        const { status, said: text } = await disk.run(`${command} --output "$DISK/${file}"`);
        expect([status === 0, text]).toEqual([false, expect.stringContaining(said ?? '')]);
        expect(readdirSync(disk.seen)).toEqual([]);
      }
    } finally {
      await disk.unmount();
    }
  });

  test.each(['b.rows.zst', 'b.json'])(
    'that is killed leaves no %s, only what the next one removes',
    async (name) => {
      const path = join(directory, name);
      const child = startCli(['export', '--output', path], database.environment);
      const ended = once(child, 'exit');
      while (readdirSync(directory).length === 0) await sleep(1);
      child.kill('SIGKILL');
      await ended;
      expect(readdirSync(directory)).toEqual([expect.stringMatching(/\.partial$/)]);
      expect((await cli(['export', '--output', path], database.environment)).exit).toBe(0);
      expect(readdirSync(directory)).toEqual([name]);
    },
  );

  test.each(['b.rows.zst', 'b.json'])('that is interrupted removes %s, and says so', async (name) => {
    const child = startCli(['export', '--output', join(directory, name)], database.environment);
    const done = finished(child);
    while (readdirSync(directory).length === 0) await sleep(1);
    child.kill('SIGINT');
    const { exit, stderr } = await done;
    expect([exit, stderr]).toEqual([1, expect.stringContaining('The incomplete file was deleted')]);
    expect(readdirSync(directory)).toEqual([]);
  });

  test('has a document of its result, where the standard output is not the export', async () => {
    const path = join(directory, 'ž "b".rows.zst');
    const words = ['export', '--output', path, '--company', 'acme', '-f', 'json'];
    const { exit, stdout } = await cli(words, database.environment);
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ file: path, company: { slug: 'acme' }, recorded: true });
    const planned = await cli(['export', '--dry-run', '-f', 'json'], database.environment);
    expect(JSON.parse(planned.stdout)).toMatchObject({ dry_run: true, form: 'json' });
    expect((await cli(['export', '-f', 'json'], database.environment)).exit).toBe(64);
    expect(readdirSync(directory)).toHaveLength(1);
  });

  test('is encrypted by the passphrase of a file, and not without one', async () => {
    const path = join(directory, 'b.rows.zst');
    const passphrase = join(directory, 'passphrase');
    expect((await cli(['export', '--encrypt', '--output', path], database.environment)).exit).toBe(64);
    writeFileSync(passphrase, 'correct horse\n', { mode: 0o600 });
    const words = ['export', '--passphrase-file', passphrase, '--output'];
    expect((await cli([...words, path], database.environment)).exit).toBe(0);
    expect(readFileSync(path).includes('"encryption"')).toBe(true);
    expect((await cli([...words, join(directory, 'b.json')], database.environment)).exit).toBe(64);
    expect(existsSync(join(directory, 'b.json'))).toBe(false);
  });
});

describeOn(['mysql', 'mariadb', 'postgresql'], 'an account that may only read', (name) => {
  test('exports all the same, and is told that nobody will know', async () => {
    const database = await migratedDatabase(name);
    const user = `u_${randomBytes(5).toString('hex')}`;
    const { DB_DATABASE } = database.environment;
    try {
      await makeCompany(database.engine);
      if (name === 'postgresql') {
        await administer(name, `create role ${user} login password '${user}'`);

        await sql
          .raw(`grant select on all tables in schema public to ${user}`)
          .execute(database.engine.kysely<unknown>());
      } else {
        await administer(name, `create user '${user}'@'%' identified by '${user}'`);
        await administer(name, `grant select on ${DB_DATABASE}.* to '${user}'@'%'`);
      }
      const environment = { ...database.environment, DB_USERNAME: user, DB_PASSWORD: user };
      const { exit, stdout, stderr } = await cli(['export'], environment);
      expect([exit, JSON.parse(stdout).complete]).toEqual([0, true]);
      expect(stderr).toContain('the export is not recorded');
    } finally {
      await database.drop();
      await administer(name, name === 'postgresql' ? `drop role ${user}` : `drop user '${user}'@'%'`);
    }
  });
});

describeEngines('large artifacts', (name) => {
  test('are exported in both forms within 200 MB', { timeout: 120_000 }, async () => {
    const database = await migratedDatabase(name);
    try {
      // As much as other tests of the same server ask for: less would take it from them.
      if (name === 'mysql' || name === 'mariadb')
        await administer(name, `set global max_allowed_packet = ${256 * MIB}`);
      const wide = await database.open();
      await bulky({ ...database, engine: wide }, 12, 15 * MIB);
      await wide.close();
      for (const file of ['b.rows.zst', 'b.json']) {
        const path = join(directory, file);
        const peak = await peakOf(['export', '--output', path, '-f', 'json'], database.environment);
        if (process.env.MULTIFLEXI_TEST_FIGURES !== undefined)
          process.stderr.write(`${name} ${file}: ${peak} MiB\n`);
        expect(peak).toBeLessThan(200);
        rmSync(path);
      }
    } finally {
      await database.drop();
    }
  });
});

/** How much memory it took at most, in MiB. */
async function peakOf(words: readonly string[], environment: Readonly<Record<string, string>>) {
  const file = join(directory, 'peak');
  const hook = `const {readFileSync:r,writeFileSync:w}=process.getBuiltinModule("node:fs");process.on("exit",()=>w(${JSON.stringify(file)},/VmHWM:\\s+(\\d+)/.exec(r("/proc/self/status","utf8"))[1]))`;
  const { exit, stderr } = await cli(words, {
    ...environment,
    NODE_OPTIONS: `--max-semi-space-size=8 --import=data:text/javascript,${encodeURIComponent(hook)}`,
  });
  expect([exit, stderr]).toEqual([0, '']);
  return Math.round(Number(readFileSync(file, 'utf8')) / 1024);
}
