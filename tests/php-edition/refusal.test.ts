/** A database of the PHP edition is told what it is, and not a byte of it changes. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { sql } from 'kysely';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/catalogue.ts';
import type { EngineName } from '../../src/engines/index.ts';
import { MIGRATIONS } from '../../src/migrations/index.ts';
import { cli } from '../harness/cli.ts';
import { ENGINE_NAMES, freshDatabase, isAvailable, serverOf, type TestDatabase } from '../harness/engines.ts';
import { makePhpDatabase, ROWS } from './php-database.ts';

const FOLDER = new URL('../../../shared/php-edition/', import.meta.url);
const DUMPS: readonly (readonly [EngineName, string])[] = [
  ['sqlite', 'sqlite.db.gz'],
  ['mariadb', 'mariadb.sql.gz'],
  ['postgresql', 'postgresql.sql.gz'],
];

/** Every command as it would be called to do its work; `tour` has a database of its own. */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  'db:migrate': [],
  'db:rollback': ['-t', '0', '--yes'],
  'db:restore-rollback': ['none.rows.zst'],
  'db:verify': [],
  'db:check': [],
  'db:breakpoint': ['--remove-all'],
  'db:digest': [],
  'db:switch': ['--to', 'sqlite:///nonexistent/new.sqlite'],
  'db:reclaim': [],
  'db:analyze': [],
  'db:vacuum': [],
  'db:optimize': ['--yes'],
  prune: ['--logs', '--jobs', '--keep', '1'],
  'retention:list': [],
  'retention:set': ['job', '--older-than', '1d'],
  'retention:remove': ['1'],
  'retention:plan': [],
  'retention:run': ['--yes'],
  'retention:hold': ['--job', '1', '--reason', 'x'],
  'retention:release': ['1'],
  'retention:explain': ['1'],
  'archive:restore': ['none', '--archive', '/nowhere'],
  export: [],
  import: ['none.rows.zst'],
  'housekeeper:run': ['--once'],
  'housekeeper:status': [],
  'housekeeper:history': [],
  'status:dismiss': ['drift', '--reason', 'x'],
  'status:restore': ['drift'],
  'token:create': ['alice'],
  'token:list': [],
  'token:revoke': ['1'],
  'sample:load': ['--jobs', '10', '--force'],
};
const WITH_DRY_RUN = [
  'db:migrate',
  'db:rollback',
  'db:restore-rollback',
  'db:reclaim',
  'db:analyze',
  'db:vacuum',
  'db:optimize',
  'db:switch',
  'prune',
  'retention:run',
  'archive:restore',
  'export',
  'housekeeper:run',
];
/** They look at the database, or open none. */
const ALLOWED = [
  'status',
  'console',
  'housekeeper:duties',
  'db:status',
  'db:size',
  'archive:list',
  'archive:show',
  'archive:verify',
  'archive:remove',
  'settings:write',
];

test('every command is among those that are tried', () => {
  expect([...Object.keys(CALLS), ...ALLOWED, 'tour'].sort()).toEqual([...COMMANDS.keys()].sort());
});

function settingsFile({ environment }: TestDatabase): string {
  const file = join(mkdtempSync(join(tmpdir(), 'multiflexi-php-')), 'multiflexi.env');
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(file, lines.join(''));
  return file;
}

type Making = readonly [
  of: string,
  name: EngineName,
  make: (database: TestDatabase) => Promise<void>,
  rows: Rows,
];
type Rows = Readonly<Record<'job' | 'artifacts' | 'log', number>>;

const MADE: readonly Making[] = [
  ...ENGINE_NAMES.map((name): Making => ['a database of the PHP edition', name, makePhpDatabase, ROWS]),
  // Where there are dumps of real ones beside the checkout, they are tried as well.
  ...(existsSync(FOLDER) ? DUMPS : []).map(
    ([name, dump]): Making => [
      'a real database of the PHP edition',
      name,
      (database) => restore(database, gunzipSync(readFileSync(new URL(dump, FOLDER)))),
      { job: 500, artifacts: 800, log: 2000 },
    ],
  ),
];

for (const [of, name, make, rows] of MADE) {
  describe.runIf(isAvailable(name))(`${of} on ${name}`, () => {
    let database: TestDatabase;
    let before: string;

    beforeAll(async () => {
      database = await freshDatabase(name);
      await make(database);
      before = await digest(database);
    });
    afterAll(() => database.drop());
    afterEach(async () => expect(await digest(database)).toBe(before));

    test.each(Object.entries(CALLS))('is refused by %s', async (command, options) => {
      for (const dryRun of [[], ...(WITH_DRY_RUN.includes(command) ? [['--dry-run']] : [])]) {
        // Its settings have to be in a file.
        const from = command === 'db:switch' ? ['-e', settingsFile(database)] : [];
        const words = [command, ...options, ...dryRun, ...from];
        const { exit, stdout, stderr } = await cli(words, database.environment);
        expect([exit, stdout]).toEqual([5, '']);
        expect(stderr).toContain("made by MultiFlexi's PHP edition");
      }
    });

    test('is shown by db:status for what it is', async () => {
      const { exit, stdout, stderr } = await cli(['db:status'], database.environment);
      expect([exit, stderr]).toEqual([3, expect.stringContaining('PHP edition')]);
      expect(stdout).toContain(`${MIGRATIONS.length} migrations, ${MIGRATIONS.length} pending`);
      const json = await cli(['db:status', '-f', 'json'], database.environment);
      expect(JSON.parse(json.stdout)).toMatchObject({
        database_kind: 'php-edition',
        pending_count: MIGRATIONS.length,
      });
    });

    test('is measured by db:size', async () => {
      const { exit, stdout } = await cli(['db:size', '--exact', '-f', 'json'], database.environment);
      expect(exit).toBe(0);
      const measured = new Map(
        JSON.parse(stdout).tables.map((table: { table_name: string; rows: number }) => [
          table.table_name,
          table.rows,
        ]),
      );
      expect(Object.fromEntries(Object.keys(rows).map((table) => [table, measured.get(table)]))).toEqual(
        rows,
      );
    });
  });
}

async function restore(database: TestDatabase, dump: Buffer): Promise<void> {
  if (database.settings.connection === 'sqlite') {
    writeFileSync(database.settings.file, dump);
    return;
  }
  const { client } = serverOf(database.engineName as 'mariadb' | 'postgresql');
  if (!client) throw new Error('there is no client to restore with');
  const [program = '', ...words] = client.argv;
  const child = spawn(program, [...words, database.settings.database], {
    env: { ...process.env, ...client.env },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (text) => {
    complaints += text;
  });
  child.stdin.end(dump);
  const exit = await new Promise((resolve) => child.once('close', resolve));
  if (exit !== 0) throw new Error(complaints);
}

/** Of everything: the bytes of the file and its neighbours' names, or the catalogue and all rows of all tables. */
async function digest(database: TestDatabase): Promise<string> {
  const hash = createHash('sha256');
  if (database.settings.connection === 'sqlite') {
    const { file } = database.settings;
    hash.update(readFileSync(file));
    hash.update(readdirSync(join(file, '..')).join());
    return hash.digest('hex');
  }
  const engine = await database.open('inspect');
  hash.update(JSON.stringify(await engine.introspect()));
  for (const table of await engine.tableNames()) {
    const { rows } = await sql`select * from ${sql.table(table)}`.execute(engine.kysely<unknown>());
    const lines = rows.map((row) =>
      JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    );
    hash.update(`${table}\n${lines.sort().join('\n')}\n`);
  }
  await engine.close();
  return hash.digest('hex');
}

describe('a database of somebody else with tables named like ours', () => {
  test('is refused, and stays as it is', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'multiflexi-foreign-'));
    const file = join(directory, 'a.sqlite');
    const { default: Sqlite } = await import('better-sqlite3');
    const other = new Sqlite(file);
    other.exec("create table user (name text); insert into user values ('mine')");
    other.close();
    copyFileSync(file, `${file}.before`);
    const { exit, stderr } = await cli(['db:migrate'], { DB_CONNECTION: 'sqlite', DB_DATABASE: file });
    expect([exit, stderr]).toEqual([5, expect.stringContaining('no ledger of our migrations')]);
    expect(readFileSync(file).equals(readFileSync(`${file}.before`))).toBe(true);
    rmSync(directory, { recursive: true });
  });
});
