/** Archives from the command line, as an administrator uses them: made, looked at, proven, put back, removed. */
import {
  chmodSync,
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
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cli } from '../harness/cli.ts';
import { describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';

const SECRET = 'correct horse battery';

describeEngines('archives on the command line', (name) => {
  let database: TestDatabase;
  let home: string;
  beforeAll(async () => {
    home = mkdtempSync(join(tmpdir(), 'multiflexi-archives-'));
    database = await freshDatabase(name);
    await run('db:migrate');
    await run('sample:load', '--jobs', '300', '--days', '60', '--until', '2026-01-31');
  });
  afterAll(async () => {
    rmSync(home, { recursive: true });
    await database.drop();
  });

  function run(...words: string[]) {
    return cli(words, database.environment);
  }
  async function json(exit: number, ...words: string[]) {
    const done = await run(...words, '-f', 'json');
    expect([words, done.exit, exit === 0 ? done.stderr : '']).toEqual([words, exit, '']);
    return JSON.parse(done.stdout);
  }
  async function jobs(): Promise<number> {
    const { tables } = await json(0, 'db:size', '--exact');
    return tables.find((table: { table_name: string }) => table.table_name === 'job').rows;
  }

  test('lead from a purge to its rows back in place', { timeout: 120_000 }, async () => {
    const directory = join(home, 'plain');
    const at = ['--archive', directory];
    const before = await jobs();
    mkdirSync(directory);
    expect((await json(0, 'archive:list', ...at)).archives).toEqual([]);
    const pruned = await json(0, 'prune', '--jobs', '--older-than', '2025-12-20', '--guard', '100', ...at);
    const { archive } = pruned.archive;
    const gone = pruned.tables.find((line: { table_name: string }) => line.table_name === 'job').rows;
    expect(gone).toBeGreaterThan(50);
    expect(pruned.archive.tables[0]).toEqual({ table_name: 'job', rows: gone });

    expect((await json(0, 'archive:list', ...at)).archives).toMatchObject([
      { archive, state: 'whole', encrypted: false, command: 'prune' },
    ]);
    const shown = await json(0, 'archive:show', archive, ...at);
    expect(shown.companies.reduce((sum: number, { jobs: n }: { jobs: number }) => sum + n, 0)).toBe(gone);
    expect((await run('archive:show', archive, ...at)).stdout).toContain('not encrypted');
    expect((await json(0, 'archive:verify', ...at)).archives).toMatchObject([
      { archive, whole: true, faults: [] },
    ]);

    const dry = await json(0, 'archive:restore', archive, '--dry-run', ...at);
    expect(dry.tables[0]).toEqual({ table_name: 'job', rows: gone });
    expect(await jobs()).toBe(before - gone);
    const unknown = await run('archive:restore', archive, '--job', '999999', ...at);
    expect([unknown.exit, unknown.stderr]).toEqual([64, expect.stringContaining('has no job 999999')]);
    const back = await run('archive:restore', archive, ...at);
    expect([back.exit, back.stderr]).toEqual([0, expect.stringContaining('retention:hold')]);
    expect(await jobs()).toBe(before);

    const refused = await run('archive:remove', archive, '--no-input', ...at);
    expect([refused.exit, existsSync(join(directory, archive))]).toEqual([5, true]);
    expect((await json(0, 'archive:remove', '--older-than', '1h', ...at, '--yes')).removed).toEqual([]);
    expect((await json(0, 'archive:remove', archive, ...at, '--yes')).removed).toMatchObject([
      { archive, jobs: gone },
    ]);
    expect(existsSync(join(directory, archive))).toBe(false);
  });

  test('are made by policies that say so, encrypted, and nothing is deleted while it is not said where', {
    timeout: 120_000,
  }, async () => {
    const directory = join(home, 'secret');
    const passphrase = join(home, 'passphrase');
    writeFileSync(passphrase, `${SECRET}\n`, { mode: 0o600 });
    const before = await jobs();
    await json(0, 'retention:set', 'job', '--older-than', '10d', '--archive', '--no-keep-last-success');
    expect((await json(0, 'retention:list')).policies).toMatchObject([{ archive: true }]);
    const nowhere = await run('retention:run', '--yes');
    expect([nowhere.exit, nowhere.stderr]).toEqual([64, expect.stringContaining('ARCHIVE_DIR')]);
    expect(await jobs()).toBe(before);

    const environment = {
      ...database.environment,
      ARCHIVE_DIR: directory,
      ARCHIVE_PASSPHRASE_FILE: passphrase,
    };
    const ran = await cli(['retention:run', '--yes', '-f', 'json'], environment);
    expect([ran.exit, ran.stderr]).toEqual([0, expect.not.stringContaining(SECRET)]);
    const { archive } = JSON.parse(ran.stdout).archive;
    const left = await jobs();
    expect(left).toBeLessThan(before);
    for (const file of readdirSync(join(directory, archive)))
      expect(readFileSync(join(directory, archive, file)).includes('stdout')).toBe(false);

    const at = ['--archive', directory];
    const locked = await run('archive:verify', ...at);
    expect([locked.exit, locked.stderr]).toEqual([5, expect.stringContaining('is encrypted')]);
    const other = join(home, 'other');
    writeFileSync(other, 'another passphrase', { mode: 0o600 });
    const wrong = await run('archive:restore', archive, ...at, '--passphrase-file', other);
    expect([wrong.exit, wrong.stderr]).toEqual([5, expect.stringContaining('This is not the passphrase of')]);
    expect(await jobs()).toBe(left);
    expect((await cli(['archive:restore', archive], environment)).exit).toBe(0);
    expect(await jobs()).toBe(before);
    await json(0, 'retention:remove', String((await json(0, 'retention:list')).policies[0].id));
  });
});

describe('an archive that cannot be used', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'multiflexi-archives-'));
    writeFileSync(join(home, 'open'), 'correct horse battery', { mode: 0o644 });
    chmodSync(join(home, 'open'), 0o644);
    writeFileSync(join(home, 'short'), 'short', { mode: 0o600 });
  });
  afterAll(() => rmSync(home, { recursive: true }));

  test.each([
    [['archive:list'], /directory of the archives is not specified/],
    [['archive:list', '--archive', ''], /name of a file/],
    [['archive:show', 'nothing', '--archive', '/tmp'], /no archive nothing/],
    [['archive:show', '../../etc', '--archive', '/tmp'], /no archive/],
    [['archive:verify', '20260101T000000Z-abcdef', '--archive', '/tmp'], /no archive 2026/],
    [['archive:remove', '--archive', '/nowhere'], /either names of archives or their age/],
    [
      ['archive:remove', 'x', '--older-than', '1d', '--archive', '/nowhere'],
      /either names of archives or their age/,
    ],
    [['archive:restore', 'x', '--job', '-1', '--archive', '/nowhere'], /only digits/],
    [['archive:restore', 'x', '--job', '', '--archive', '/nowhere'], /only digits/],
    [['prune', '--jobs', '--keep', '5', '--archive'], /not specified/],
    [
      ['retention:set', 'token', '--older-than', '1d', '--archive'],
      /Only jobs and log entries can be archived/,
    ],
  ])('is refused: %j', async (words, message) => {
    const database = { DB_CONNECTION: 'sqlite', DB_DATABASE: join(home, 'multiflexi.sqlite') };
    await cli(['db:migrate'], database);
    const { exit, stderr } = await cli(words, database);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(exit).toBe(64);
  });

  test.each([
    ['open', /others may read it/],
    ['short', /shorter than 8/],
    ['none', /no such file/],
  ])('is not made with a passphrase of a file that is %s', async (file, message) => {
    const database = { DB_CONNECTION: 'sqlite', DB_DATABASE: join(home, 'multiflexi.sqlite') };
    const words = [
      'prune',
      '--jobs',
      '--keep',
      '5',
      '--archive',
      home,
      '--passphrase-file',
      join(home, file),
    ];
    const { exit, stderr } = await cli(words, database);
    expect([exit, stderr]).toEqual([64, expect.stringMatching(message)]);
  });
});
