/** The command, as an administrator calls it. What it does to rows is in tests/transfer/import.test.ts. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { cli, cliFed, finished, startCliFed } from '../harness/cli.ts';
import { freshFile } from '../harness/databases.ts';
import { migratedDatabase } from '../harness/engines.ts';
import { exportTo, fillNasty, takenRecords } from '../harness/exported.ts';
import { canMount, SmallDisk } from '../harness/small-disk.ts';

const directory = mkdtempSync(join(tmpdir(), 'multiflexi-import-process-'));
const file = join(directory, 'backup.json');
const target = freshFile();

beforeAll(async () => {
  const source = await migratedDatabase('sqlite');
  await fillNasty(source.engine);
  await exportTo(source.engine, file);
  await source.drop();
});
afterAll(async () => {
  await target.drop();
  rmSync(directory, { recursive: true });
});

test('a dry run and a damaged file make no database', async () => {
  const planned = await cli(['import', file, '--dry-run', '-f', 'json'], target.environment);
  expect([planned.exit, planned.stderr]).toEqual([EXIT.done, '']);
  expect(JSON.parse(planned.stdout)).toMatchObject({ dry_run: true, form: 'json', target: 'empty' });
  const text = join(directory, 'damaged.json');
  writeFileSync(text, '{"format": "multiflexi export", "version": 1');
  const damaged = await cli(['import', text], target.environment);
  expect(damaged.exit).toBe(EXIT.differs);
  expect(damaged.stderr.split('\n')).toHaveLength(3);
  // Nothing comes through the standard input.
  expect((await cli(['import', '-'], target.environment)).exit).toBe(EXIT.differs);
  expect((await cli(['import', directory], target.environment)).exit).toBe(EXIT.failed);
  expect(existsSync(target.environment.DB_DATABASE ?? '')).toBe(false);
});

test('a pipe that is no export and never ends is refused by its beginning, not by a full disk', async () => {
  const child = startCliFed(['import', '-'], target.environment);
  const endless = new Readable({
    read() {
      this.push(Buffer.alloc(64 * 1024));
    },
  });
  // The program closes its end of the pipe.
  const fed = pipeline(endless, child.stdin).catch(() => {});
  const refused = await finished(child);
  await fed;
  expect([refused.exit, refused.stderr.split('\n')[0]]).toEqual([
    EXIT.differs,
    'Error: The file standard input is not an export of MultiFlexi.',
  ]);
});

test('that is interrupted while it still comes through a pipe has changed nothing, and says so', async () => {
  const child = startCliFed(['import', '-'], target.environment);
  // More than a pipe holds: whoever has taken the end of it is reading.
  await new Promise((resolve) => child.stdin.write(`{${' '.repeat(1024 * 1024)}`, resolve));
  child.kill('SIGINT');
  const { exit, stderr } = await finished(child);
  expect([exit, stderr]).toEqual([
    EXIT.failed,
    expect.stringContaining('Interrupted by SIGINT.\nNext: Nothing was changed.'),
  ]);
});

test.runIf(canMount())('that finds the disk of temporary files full says so', async () => {
  const mounted = join(directory, 'small');
  mkdirSync(mounted);
  const disk = await SmallDisk.mount(mounted, '1m', { ...target.environment, NODE: process.execPath });
  try {
    const command = `(printf '{'; head -c 2000000 /dev/zero | tr '\\0' ' ') | TMPDIR="$DISK" "$NODE" bin/multiflexi-cli.js import -`;
    expect(await disk.run(command)).toEqual({
      status: EXIT.failed,
      said: expect.stringContaining(`Error: The directory ${mounted} cannot be used: the disk is full.`),
    });
  } finally {
    await disk.unmount();
  }
});

test('an import says that all is there, and a second one is refused', async () => {
  const done = await cli(['import', file, '-f', 'json'], target.environment);
  expect([done.exit, done.stderr]).toEqual([EXIT.done, '']);
  expect(JSON.parse(done.stdout)).toMatchObject({ dry_run: false, continued: false, migrations: [] });
  const again = await cli(['import', file], target.environment);
  expect(again.exit).toBe(EXIT.refused);
  expect(again.stderr).toContain('artifacts');
  expect((await cli(['db:verify'], target.environment)).exit).toBe(EXIT.done);
  expect((await cli(['db:check'], target.environment)).exit).toBe(EXIT.done);
});

test.each(['json', 'rows.zst'])(
  'an export (%s) comes through a pipe, and leaves nothing behind',
  async (form) => {
    const [source, piped] = [await migratedDatabase('sqlite'), freshFile()];
    await fillNasty(source.engine);
    const sent = join(directory, `sent.${form}`);
    await exportTo(source.engine, sent);
    await source.drop();
    const temporary = join(directory, `temporary-${form}`);
    mkdirSync(temporary);
    const environment = { ...piped.environment, TMPDIR: temporary };
    const whole = readFileSync(sent);
    const cut = await cliFed(whole.subarray(0, whole.length - 10), ['import', '-'], environment);
    expect(cut.exit).toBe(EXIT.differs);
    expect(cut.stderr).toContain('The file standard input is ');
    expect(existsSync(piped.environment.DB_DATABASE ?? '')).toBe(false);
    const done = await cliFed(whole, ['import', '-', '-f', 'json'], environment);
    expect([done.exit, done.stderr]).toEqual([EXIT.done, '']);
    const engine = await piped.open();
    expect(await takenRecords(engine)).toEqual([expect.stringMatching(/^\d+ rows from standard input \(/)]);
    await engine.close();
    expect(readdirSync(temporary)).toEqual([]);
    await piped.drop();
  },
);
