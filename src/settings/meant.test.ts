/** Settings as people, installers and other programs write them: taken as they are meant, or refused with what to write. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readArchiveSettings } from './archive.ts';
import { validateDatabaseSettings } from './database.ts';
import { loginHint, readSettings } from './read.ts';

const folder = mkdtempSync(join(tmpdir(), 'multiflexi-meant-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
function fileOf(text: string): string {
  const file = join(folder, `${files++}.env`);
  writeFileSync(file, text);
  return file;
}

const HOME = '/home/anna';
const server = { DB_CONNECTION: 'mysql', DB_DATABASE: 'x', DB_USERNAME: 'u' };
const read = (raw: Record<string, string>) => validateDatabaseSettings({ ...server, ...raw }, HOME);
const refusal = (act: () => unknown) => {
  try {
    return act();
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
};

describe('a kind of database', () => {
  test.each([
    ['sqlite3', 'sqlite'],
    ['SQLite', 'sqlite'],
    ['mariadb', 'mysql'],
    ['MariaDB', 'mysql'],
    ['MySQL', 'mysql'],
    ['mysqli', 'mysql'],
    ['pdo_mysql', 'mysql'],
    ['postgresql', 'pgsql'],
    ['Postgres', 'pgsql'],
    ['PgSQL', 'pgsql'],
    ['pg', 'pgsql'],
  ])('written as %s is %s', (DB_CONNECTION, connection) => {
    expect(read({ DB_CONNECTION })).toMatchObject({ settings: { connection } });
  });

  test('written as sqlite3 alone is the embedded file, as sqlite is', () => {
    expect(readSettings({ environment: { DB_CONNECTION: 'sqlite3', HOME }, defaultFile: '' })).toEqual({
      connection: 'sqlite',
      file: `${HOME}/.local/share/multiflexi/multiflexi.sqlite`,
    });
  });

  test('written as a URL is refused without its password', () => {
    const result = read({ DB_CONNECTION: 'mysql://u:hunter2-secret@h/d' });
    expect(result).toEqual({ faults: [expect.stringMatching(/DB_CONNECTION must be .*URL belongs/)] });
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });
});

describe('a path that would become a file of that very name', () => {
  test.each([
    ['~/x.sqlite', /write \/home\/anna\/x\.sqlite/],
    ['$HOME/x.sqlite', /write \/home\/anna\/x\.sqlite/],
    [`\${HOME}/x.sqlite`, /write \/home\/anna\/x\.sqlite/],
    ['~', /write \/home\/anna/],
    ['~other/x.sqlite', /absolute path/],
    ['$DATA/x.sqlite', /absolute path/],
    [`/srv/\${DATA}/x.sqlite`, /absolute path/],
    ['sqlite:///var/x.sqlite', /URL: write the path alone, \/var\/x\.sqlite/],
    ['sqlite:/var/x.sqlite', /alone, \/var\/x\.sqlite/],
    ['SQLite3:////var/x.sqlite', /alone, \/var\/x\.sqlite/],
    ['file:/var/x.sqlite?mode=ro', /alone, \/var\/x\.sqlite$/],
    ['file:///var/x.sqlite', /alone, \/var\/x\.sqlite/],
    ['file:~/x.sqlite', /alone, \/home\/anna\/x\.sqlite/],
    ['file::memory:?cache=shared', /URL/],
    ['mysql://u:hunter2@h/d', /URL: write the path alone$/],
    ['/var/x.sqlite?mode=ro', /alone, \/var\/x\.sqlite/],
    ['C:\\data\\x.sqlite', /slashes/],
    ['C:/data/x.sqlite', /Windows/],
    ['data\\x.sqlite', /slashes/],
    ['/var/lib/nowhere/', /directory.*\/var\/lib\/nowhere\/multiflexi\.sqlite/],
    [tmpdir(), /directory/],
    ['.', /directory/],
    [':memory:', /gone when the command ends/],
    ['"/var/x.sqlite"', /quotation mark/],
    ["/var/x.sqlite'", /quotation mark/],
  ])('%s is refused with what to write', (DB_DATABASE, why) => {
    const result = read({ DB_CONNECTION: 'sqlite', DB_DATABASE });
    expect(result).toEqual({ faults: [expect.stringMatching(why)] });
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });

  test.each(['x.sqlite', './~/x', '/var/a b.sqlite', '/var/what?.sqlite', '/var/a$b', '../x'])(
    '%s is a path',
    (DB_DATABASE) => {
      expect(read({ DB_CONNECTION: 'sqlite', DB_DATABASE })).toMatchObject({
        settings: { file: DB_DATABASE },
      });
    },
  );

  test('is taken where an earlier run has made it, by its absolute path', () => {
    const made = join(folder, `\${HOME}.sqlite`);
    writeFileSync(made, '');
    expect(read({ DB_CONNECTION: 'sqlite', DB_DATABASE: made })).toMatchObject({ settings: { file: made } });
  });

  test('is refused for archives as well', () => {
    for (const ARCHIVE_DIR of ['~/archive', '$HOME/archive'])
      expect(
        refusal(() => readArchiveSettings({ environment: { ARCHIVE_DIR, HOME }, defaultFile: '' })),
      ).toMatch(/ARCHIVE_DIR .*write \/home\/anna\/archive/);
  });
});

describe('a host', () => {
  test.each([
    [{ DB_HOST: '[::1]' }, { host: '::1', port: 3306 }],
    [{ DB_HOST: '::1' }, { host: '::1', port: 3306 }],
    [{ DB_HOST: '[::1]:3611' }, { host: '::1', port: 3611 }],
    [{ DB_HOST: 'localhost:3611' }, { host: 'localhost', port: 3611 }],
    [
      { DB_HOST: 'localhost:3611', DB_PORT: '3611' },
      { host: 'localhost', port: 3611 },
    ],
    [{ DB_HOST: '/run/mysqld/mysqld.sock' }, { socket: '/run/mysqld/mysqld.sock' }],
    [{ DB_HOST: 'unix:/run/mysqld/mysqld.sock' }, { socket: '/run/mysqld/mysqld.sock' }],
    [{ DB_SOCKET: 'unix:///run/mysqld/mysqld.sock' }, { socket: '/run/mysqld/mysqld.sock' }],
    [
      { DB_CONNECTION: 'pgsql', DB_HOST: '/run/postgresql' },
      { socket: '/run/postgresql', port: 5432 },
    ],
    [
      { DB_CONNECTION: 'pgsql', DB_SOCKET: '/run/postgresql/.s.PGSQL.5433' },
      { socket: '/run/postgresql', port: 5433 },
    ],
  ])('%j is understood', (raw, settings) => {
    expect(read(raw)).toMatchObject({ settings });
  });

  test.each([
    [{ DB_HOST: 'localhost:3611', DB_PORT: '3306' }, /DB_PORT is 3306, but DB_HOST names port 3611/],
    [{ DB_HOST: 'localhost:99999' }, /port from 1/],
    [{ DB_HOST: 'localhost:' }, /DB_HOST must be/],
    [{ DB_HOST: 'mysql://u:hunter2@h' }, /not a URL/],
    [{ DB_HOST: 'u:hunter2@h' }, /account belongs/],
    [{ DB_HOST: 'db.example.com/' }, /slash/],
    [{ DB_HOST: 'db1,db2' }, /one host/],
    [{ DB_HOST: 'db 1' }, /one host/],
    [{ DB_HOST: '[db1]' }, /brackets/],
    [{ DB_HOST: '/a.sock', DB_SOCKET: '/b.sock' }, /another socket/],
    [{ DB_SOCKET: 'mysqld.sock' }, /absolute path/],
    [{ DB_DATABASE: 'mysql://u:hunter2@h/d' }, /name of the database, not a URL/],
  ])('%j is refused, without a password in it', (raw, why) => {
    const result = read(raw as Record<string, string>);
    expect('faults' in result && result.faults.join()).toMatch(why);
    expect(JSON.stringify(result)).not.toContain('hunter2');
  });
});

describe('a misspelt name', () => {
  const sqlite = 'DB_CONNECTION=sqlite\nDB_DATABASE=/nowhere/x.sqlite\n';

  test.each([
    ['DB_DATABSE', 'DB_DATABASE'],
    ['DB_PASSWD', 'DB_PASSWORD'],
    ['DB_PASS', 'DB_PASSWORD'],
    ['DB_USER', 'DB_USERNAME'],
    ['DB_NAME', 'DB_DATABASE'],
    ['DB_SSL', 'DB_TLS'],
    ['DB_TLS_VERIFY', 'DB_TLS'],
    ['DB_CONECTION', 'DB_CONNECTION'],
    ['DB_HSOT', 'DB_HOST'],
    ['db_host', 'DB_HOST'],
    ['BD_DATABASE', 'DB_DATABASE'],
    ['DB-HOST', 'DB_HOST'],
    ['ARCHIVE_DIRECTORY', 'ARCHIVE_DIR'],
    ['ARCHIVE_PASPHRASE_FILE', 'ARCHIVE_PASSPHRASE_FILE'],
  ])('%s in a file is an error that suggests %s, whatever else is set', (name, meant) => {
    for (const text of [`${name}=hunter2\n`, `${sqlite}${name}=hunter2\n`, `${name}=hunter2\nDB_PORT=1`]) {
      const message = refusal(() => readSettings({ file: fileOf(text), environment: {} }));
      expect(message).toContain(`${name} is not a setting of this program (did you mean ${meant}?)`);
      expect(message).not.toContain('hunter2');
    }
  });

  test('of a default file is no reason to use the embedded database', () => {
    const defaultFile = fileOf('DB_DATABSE=/var/x.sqlite\n');
    expect(refusal(() => readSettings({ environment: { HOME }, defaultFile }))).toContain('DB_DATABSE');
  });

  test('with our prefix that is like none of ours is an error, too, but what the PHP edition writes is not', () => {
    expect(
      refusal(() => readSettings({ file: fileOf(`${sqlite}DB_CHARSET=utf8`), environment: {} })),
    ).toContain('DB_CHARSET is not a setting of this program.');
    const php = `${sqlite}DB_SETUP=x\nDB_SETTINGS=x\nDB_DEBUG=true\nDB_TYPE=sqlite\nDB_CHARSET=\nMULTIFLEXI_DAEMONIZE=false\nZABBIX_SERVER=z\nDATABASE=x\n`;
    expect(readSettings({ file: fileOf(php), environment: {} })).toMatchObject({ file: '/nowhere/x.sqlite' });
    const typeOnly = fileOf('DB_TYPE=mysql\nDB_DATABASE=x\nDB_USERNAME=u\n');
    expect(refusal(() => readSettings({ file: typeOnly, environment: {} }))).toContain(
      'did you mean DB_CONNECTION',
    );
  });

  test.each([
    'DB_DATABSE',
    'DB_DATABASES',
    'DB_CONECTION',
    'db_host',
    'DB_USER',
    'DB_NAME',
    'DB_PASSWD',
    'DB_URL',
  ])('%s in the environment is no reason to use the embedded database', (name) => {
    expect(refusal(() => readSettings({ environment: { HOME, [name]: 'x' }, defaultFile: '' }))).toContain(
      name,
    );
  });

  test("another program's names in the environment do not disturb ours", () => {
    const others = {
      DB_LOGLEVEL: 'debug',
      DB_POOL: '5',
      DB_USER: 'wp',
      DB_NAME: 'wp',
      DB_PASSWD: 'wp',
      DBHOST: 'h',
    };
    const complete = { ...server, DB_PASSWORD: 'p' };
    expect(readSettings({ environment: { ...complete, ...others }, defaultFile: '' })).toMatchObject({
      database: 'x',
    });
    const defaultFile = fileOf(sqlite);
    expect(readSettings({ environment: others, defaultFile })).toMatchObject({ file: '/nowhere/x.sqlite' });
    expect(readSettings({ environment: others, file: defaultFile })).toMatchObject({
      file: '/nowhere/x.sqlite',
    });
    expect(readSettings({ environment: { HOME, DB_LOGLEVEL: 'x' }, defaultFile: '' })).toMatchObject({
      connection: 'sqlite',
    });
  });

  test('of the environment does not leave the default file in force', () => {
    const defaultFile = fileOf(sqlite);
    expect(refusal(() => readSettings({ environment: { DB_DATABSE: '/y' }, defaultFile }))).toContain(
      'DB_DATABSE',
    );
  });

  test('of where archives are is an error for the commands that read nothing else', () => {
    for (const source of [
      { environment: { ARCHIVE_DIRECTORY: '/a' }, defaultFile: '' },
      { environment: {}, file: fileOf('ARCHIVE_DIRS=/a\n') },
    ])
      expect(refusal(() => readArchiveSettings(source))).toContain('did you mean ARCHIVE_DIR?');
  });
});

describe('a line of the file that the parser would pass over', () => {
  test.each([
    ['DB_HOST db.example\nDB_CONNECTION=mysql', /DB_HOST has no = behind its name \(line 1\)/],
    ['DB_HOST: db.example\nDB_CONNECTION=mysql', /DB_HOST has no =/],
    [
      'DB_PASSWORD="hunter2\nDB_HOST="db"\n',
      /DB_PASSWORD begins with a quotation mark that is not closed \(line 1\)/,
    ],
    ["DB_PASSWORD='hunter2", /not closed/],
    ["DB_PASSWORD='hun'ter2'", /text behind its closing quotation mark/],
    ['DB_DATABASE=/var/a#b.sqlite\nDB_CONNECTION=sqlite', /DB_DATABASE has a # in it/],
  ])('%j is an error', (text, why) => {
    const message = refusal(() => readSettings({ file: fileOf(text), environment: {} }));
    expect(message).toMatch(why);
    expect(message).not.toMatch(/hunter2|ter2/);
  });

  test('is none where it is a comment, quoted, exported, indented, or ends as on Windows', () => {
    const text = `\uFEFF# DB_HOST db\r\nexport DB_CONNECTION=sqlite # see issue#12\r\n  DB_DATABASE="/var/a#b" # DB\r\nDB_PASSWORD='a"#b'\r\n`;
    expect(readSettings({ file: fileOf(text), environment: {} })).toEqual({
      connection: 'sqlite',
      file: '/var/a#b',
    });
  });
});

describe('a login that is refused', () => {
  const hint = (line: string, environment = {}) =>
    loginHint({ file: fileOf(`DB_CONNECTION=mysql\nDB_DATABASE=x\nDB_USERNAME=u\n${line}\n`), environment });

  test.each([
    ['DB_PASSWORD=hunter2#more', /ends before its first #.*line 4/],
    ['DB_PASSWORD=hunter2 #more', /first #/],
    ['DB_PASSWORD="hunter2\\nmore"', /line break in it/],
    ['DB_PASSWORD=\'"hunter2"\'', /quotation mark/],
    ["DB_PASSWORD='hunter2 '", /white space/],
  ])('is told what may be wrong with %s, and not the password', (line, why) => {
    expect(hint(line)).toMatch(why);
    expect(hint(line)).not.toContain('hunter2');
  });

  test('is told of the environment, if the password is from there', () => {
    expect(hint('', { DB_PASSWORD: 'hunter2\n' })).toMatch(/ends with a line break/);
    expect(loginHint({ environment: { ...server, DB_PASSWORD: '"hunter2"' }, defaultFile: '' })).toMatch(
      /quotation/,
    );
  });

  test('is told nothing where nothing is odd', () => {
    for (const line of ['DB_PASSWORD=hunter2', "DB_PASSWORD='hunter#2'", ''])
      expect(hint(line)).toBeUndefined();
    expect(existsSync(join(folder, 'x'))).toBe(false);
  });
});
