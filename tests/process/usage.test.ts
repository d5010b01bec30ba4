/** The program as an administrator starts it: what is mistyped is refused before anything is opened. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/catalogue.ts';
import { cli } from '../harness/cli.ts';

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'multiflexi-home-'));
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Without settings: whatever is opened would appear in this home. */
const run = (...words: string[]) => cli(words, { HOME: home });
const expectNothingOpened = () => expect(readdirSync(home)).toEqual([]);

describe('a mistyped command line', () => {
  test.each([
    [['prune', '--jobs', '--keep='], /--keep/],
    [['prune', '--jobs', '--keep', ''], /--keep/],
    [['prune', '--jobs', '--keep', 'abc'], /whole number/],
    [['prune', '--jobs', '--keep', '-5'], /whole number/],
    [['prune', '--jobs', '--keep', '1.5'], /whole number/],
    [['prune', '--jobs', '--keep', '1e3'], /whole number/],
    [['prune', '--jobs', '--keep', '0x10'], /whole number/],
    [['prune', '--jobs', '--keep', ' 5'], /whole number/],
    [['prune', '--jobs', '--keep', '99999999999999999999'], /whole number/],
    [['prune', '--jobs', '--keep'], /argument missing/],
    [['prune', '--jobs'], /--keep/],
    [['prune', '--keep', '5'], /--logs, --jobs or both/],
    [['prune', '--jobs', '--kep', '5'], /Did you mean --keep/],
    [['prune', '--jobs', '--keep', '5', 'stray'], /too many arguments/],
    [['db:statsu'], /Did you mean db:status/],
    [['db:size', '-f', 'xml'], /text, json/],
    [['db:migrate', '--wait', '-1'], /whole number/],
    [['db:migrate', '-t', 'last'], /Not a version/],
    [['db:migrate', '-t', '123'], /Not a version/],
    [['db:migrate', '-d', 'yesterday'], /Not a date/],
    [['db:rollback', '-t', '0', '-d', '2025'], /cannot be used with/],
    [['db:rollback', '--backup', 'a', '--no-backup'], /contradict/],
    [['db:rollback', '--no-backup', '--backup', 'a'], /contradict/],
    [['db:rollback', '--backup', ''], /name of a file/],
    [['db:restore-rollback'], /missing required argument/],
    [['db:restore-rollback', ''], /name of a file/],
    [['db:restore-rollback', 'a', 'b'], /too many arguments/],
    [['archive:list', '--archive=~/archive'], /shell did not expand/],
    [['db:rollback', '--backup=~/x'], /shell did not expand/],
    [['prune', '--jobs', '--older-than', '0d'], /must be an age/],
    [['prune', '--jobs', '--older-than', '-5d'], /must be an age/],
    [['prune', '--jobs', '--older-than', '2999-01-01'], /past date/],
    [['prune', '--jobs', '--older-than', '90'], /must be an age/],
    [['prune', '--jobs', '--older-than', '9999999y'], /must be an age/],
    [['prune', '--jobs', '--older-than', '9999y'], /must be an age/],
    [['prune', '--jobs', '--keep', '5', '--status', 'running'], /ok, failed, canceled/],
    [['prune', '--jobs', '--keep', '5', '--status', ''], /ok, failed, canceled/],
    [['prune', '--jobs', '--keep', '5', '--company', ''], /a single line/],
    [['prune', '--jobs', '--keep-last-success'], /No rule says what to keep/],
    [['prune', '--logs', '--keep', '5', '--keep-last-success'], /only to jobs/],
    [['prune', '--logs', '--keep', '5', '--save-plan', 'x'], /dry run/],
    [['prune', '--plan', 'x', '--jobs'], /takes no rules/],
    [['prune', '--jobs', '--keep', '5', '--time-budget', '0s'], /must be a time/],
    [['prune', '--jobs', '--keep', '5', '--time-budget', 'soon'], /must be a time/],
    [['prune', '--jobs', '--keep', '5', '--max-lag', '5'], /must be a time/],
    [['prune', '--jobs', '--keep', '5', '--max-lag', '0s'], /must be a time/],
    [['prune', '--jobs', '--keep', '5', '--max-lag', '5s', '--replica', ''], /must be a host/],
    [['prune', '--jobs', '--keep', '5', '--max-lag', '5s', '--replica', ':'], /must be a host/],
    [['prune', '--jobs', '--keep', '5', '--max-lag', '5s', '--replica', 'host:'], /must be a host/],
    [['prune', '--jobs', '--keep', '5', '--max-lag', '5s', '--replica', 'host:abc'], /must be a host/],
    [['prune', '--jobs', '--keep', '5', '--max-lag', '5s', '--replica', 'host:0'], /port from 1/],
    [['retention:run', '--max-lag', '5s', '--replica', 'host:99999'], /port from 1/],
    [['retention:run', '--max-lag', '5s', '--replica', '2001:db8::2'], /must be a host/],
    [['retention:run', '--max-lag', '5s', '--replica', 'user@host'], /must be a host/],
    [['prune', '--jobs', '--keep', '5', '--replica', 'host'], /--replica requires --max-lag/],
    [['retention:run', '--replica', 'host', '-f', 'json'], /--replica requires --max-lag/],
    [['prune', '--jobs', '--keep', '5', '--guard', '0'], /whole number from 1 to 100/],
    [['prune', '--jobs', '--keep', '5', '--guard', '101'], /whole number from 1 to 100/],
    [['prune', '--jobs', '--keep', '5', '--guard', 'abc'], /whole number from 1 to 100/],
    [['prune', '--jobs', '--keep', '5', '--guard', ''], /whole number from 1 to 100/],
    [['retention:run', '--guard', '-5'], /whole number from 1 to 100/],
    [['retention:run', '--guard', '50%'], /whole number from 1 to 100/],
    [['prune', '--jobs', '--keep', '5', '--skip-oversized'], /unknown option/],
    [['db:breakpoint', '--set', '--unset'], /exclude each other/],
    [['tour', '-f', 'json'], /no JSON/],
    [['db:migrate', '-t', '20990101000000'], /no migration 20990101000000/],
    [['sample:load', '--jobs', '0'], /whole number/],
    [['sample:load', '--until', '2026-02-31'], /must be a date/],
    [['sample:load', '--until', 'tomorrow'], /must be a date/],
    [['db:status', '-e', ''], /blank/],
    [['db:status', '-e', '/no/such/file.env'], /no such file/],
    [['db:status', '-e', '/tmp'], /directory/],
  ])('%j is refused with 64 and a word about why', async (words, why) => {
    const { exit, stdout, stderr } = await run(...words);
    expect(stderr).toMatch(why);
    expect(exit).toBe(64);
    // One JSON document where JSON was asked for, nothing else.
    if (words.includes('json')) expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'USAGE' } });
    else expect(stdout).toBe('');
    expect(stderr).not.toMatch(/^\s+at /m);
    if (!words.includes('20990101000000') && !words.includes('-d')) expectNothingOpened();
    rmSync(join(home, '.local'), { recursive: true, force: true });
  });
});

describe('help', () => {
  test('of the program lists every command', async () => {
    for (const words of [['--help'], []]) {
      const { exit, stdout } = await run(...words);
      expect(exit).toBe(0);
      for (const name of COMMANDS.keys()) expect(stdout).toContain(name);
    }
  });

  test.each([...COMMANDS.keys()])(
    'of %s has a description, its options and an example that names it',
    async (name) => {
      const { exit, stdout } = await run(name, '--help');
      expect(exit).toBe(0);
      expect(stdout).toContain(`Usage: multiflexi-cli ${name}`);
      expect(stdout).toMatch(new RegExp(`Examples:\\n  multiflexi-cli ${name}`));
      expect(stdout).toContain('--environment');
      expect(brokenTooEarly(stdout.split('\n\n')[1] ?? '')).toEqual([]);
      expectNothingOpened();
    },
  );

  /** Lines of a paragraph that would have had room for the next word. */
  function brokenTooEarly(paragraph: string): string[] {
    const lines = paragraph.split('\n');
    return lines.filter((line, at) => {
      const [next] = lines[at + 1]?.split(' ') ?? [];
      return next !== undefined && line.length + 1 + next.length < 80;
    });
  }

  test('of nothing but an option and its value that is named like a command is not confused', async () => {
    const { exit, stderr } = await run('-e', 'tour', 'db:status');
    expect([exit, stderr]).toEqual([64, expect.stringContaining('tour cannot be read')]);
  });

  test('of a wrong command line in JSON is one document', async () => {
    for (const words of [
      ['db:statsu', '-f', 'json'],
      ['prune', '--format=json', '--keep', 'abc'],
      ['-f', 'json', 'db:size', 'stray'],
    ]) {
      const { exit, stdout } = await run(...words);
      expect([exit, JSON.parse(stdout)]).toEqual([
        64,
        { error: { code: 'USAGE', message: expect.any(String), next: expect.any(String) } },
      ]);
    }
  });

  test('tells the version', async () => {
    const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
    expect((await run('--version')).stdout.trim()).toBe(manifest.version);
  });
});

describe('settings', () => {
  const file = (text: string) => {
    const path = join(home, 'multiflexi.env');
    writeFileSync(path, text);
    return path;
  };
  afterAll(() => rmSync(join(home, 'multiflexi.env'), { force: true }));

  test.each([
    ['DB_CONNECTION=oracle', /sqlite, mysql \(also for MariaDB\) or pgsql/],
    ['DB_HOST=db.example', /DB_CONNECTION is not set/],
    ['DB_CONNECTION=sqlite\nDB_DATABSE=x.sqlite', /DB_DATABSE is not a setting .*did you mean DB_DATABASE/],
    ['DB_CONNECTION=sqlite\nDB_DATABASE=~/x.sqlite', /DB_DATABASE is not expanded .*: write \/.*\/x\.sqlite/],
    ['DB_CONNECTION=sqlite\nDB_DATABASE=sqlite:///x.sqlite', /DB_DATABASE is a URL/],
    ['DB_CONNECTION=mysql', /DB_DATABASE is not set/],
    ['DB_CONNECTION=pgsql\nDB_DATABASE=x', /DB_USERNAME is not set/],
    ['DB_CONNECTION=mysql\nDB_DATABASE=x\nDB_USERNAME=u\nDB_PORT=http', /1 to 65535/],
    ['DB_CONNECTION=mysql\nDB_DATABASE=x\nDB_USERNAME=u\nDB_PORT=0', /1 to 65535/],
    ['DB_CONNECTION=mysql\nDB_DATABASE=x\nDB_USERNAME=u\nDB_PORT=65536', /1 to 65535/],
    ['DB_CONNECTION=mysql\nDB_DATABASE=x\nDB_USERNAME=u\nDB_TLS=maybe', /off, require or verify/],
  ])('%j are refused with 64, naming the setting and never the password', async (text, why) => {
    const { exit, stderr } = await run('db:status', '-e', file(`${text}\nDB_PASSWORD=hunter2-secret`));
    expect(stderr).toMatch(why);
    expect(stderr).not.toContain('hunter2-secret');
    expect(exit).toBe(64);
  });

  test.each([
    ['an empty file', ''],
    ['a file about something else', 'PATH=/bin\nMAIL=on'],
    ['a binary file', '\u0000\u0001\u0002'],
  ])('in %s are none, and not the embedded database', async (_, text) => {
    const { exit, stderr } = await run('db:migrate', '-e', file(text));
    expect([exit, stderr]).toEqual([64, expect.stringContaining('no DB_* setting')]);
    expect(existsSync(join(home, '.local'))).toBe(false);
  });

  test('are read behind a byte order mark', async () => {
    const database = join(home, 'bom.sqlite');
    expect(
      (await run('db:migrate', '-e', file(`\uFEFFDB_DATABASE="${database}"\r\nDB_CONNECTION=sqlite\r\n`)))
        .exit,
    ).toBe(0);
    expect(existsSync(database)).toBe(true);
  });

  test('of the file named by -e win over the environment', async () => {
    const database = join(home, 'from-file.sqlite');
    const environment = {
      HOME: home,
      DB_CONNECTION: 'mysql',
      DB_HOST: 'no-such-host.invalid',
      DB_DATABASE: 'x',
      DB_USERNAME: 'x',
    };
    const { exit } = await cli(
      ['db:migrate', '-e', file(`DB_CONNECTION=sqlite\nDB_DATABASE="${database}"`)],
      environment,
    );
    expect([exit, existsSync(database)]).toEqual([0, true]);
  });

  test('without any, the first command works, on a file in the data directory', async () => {
    expect((await run('db:status')).exit).toBe(3);
    expect(existsSync(join(home, '.local'))).toBe(false);
    expect((await run('db:migrate')).exit).toBe(0);
    expect((await run('db:status')).exit).toBe(0);
    expect(existsSync(join(home, '.local/share/multiflexi/multiflexi.sqlite'))).toBe(true);
    const elsewhere = { HOME: home, XDG_DATA_HOME: join(home, 'data') };
    expect((await cli(['db:migrate'], elsewhere)).exit).toBe(0);
    expect(existsSync(join(home, 'data/multiflexi/multiflexi.sqlite'))).toBe(true);
    rmSync(join(home, '.local'), { recursive: true });
    rmSync(join(home, 'data'), { recursive: true });
  });
});
