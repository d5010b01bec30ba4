/** Equal rows have equal digests on every engine, and whatever differs is found and named. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadSample } from '../../src/sample/index.ts';
import { cli } from '../harness/cli.ts';
import { ENGINE_NAMES, isAvailable, migratedDatabase } from '../harness/engines.ts';

const SAMPLE = {
  jobs: 300,
  days: 30,
  seed: 7,
  until: Date.UTC(2026, 0, 31),
  force: false,
} as const;
const TABLES = ['company', 'run_template', 'job', 'artifacts', 'logger'];

type Migrated = Awaited<ReturnType<typeof migratedDatabase>>;

async function sampled(name: (typeof ENGINE_NAMES)[number]): Promise<Migrated> {
  const database = await migratedDatabase(name);
  await loadSample(database.engine, SAMPLE);
  return database;
}

interface Digests {
  readonly tables: readonly {
    readonly table_name: string;
    readonly rows: number;
    readonly digest: string;
    readonly ranges: readonly { readonly rows: number }[];
  }[];
}

async function digests({ environment }: Migrated): Promise<Digests> {
  const { exit, stdout, stderr } = await cli(['db:digest', ...TABLES, '-f', 'json'], environment);
  expect([exit, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
}

test('the same history has the same digests on every engine', async () => {
  const found: Digests[] = [];
  for (const name of ENGINE_NAMES.filter((one) => isAvailable(one))) {
    const database = await sampled(name);
    found.push(await digests(database));
    await database.drop();
  }
  const [first, ...others] = found;
  expect(first?.tables.map((table) => table.table_name)).toEqual(TABLES);
  expect(first?.tables.every((table) => table.rows > 0 && /^[0-9a-f]{32}$/.test(table.digest))).toBe(true);
  for (const other of others) expect(other).toEqual(first);
});

const PAIRS = [
  ['sqlite', 'postgresql'],
  ['mysql', 'mariadb'],
] as const;

describe.each(PAIRS.filter((pair) => pair.every((name) => isAvailable(name))))(
  '%s beside %s',
  (one, other) => {
    let here: Migrated;
    let there: Migrated;
    let directory: string;
    let file: string;

    beforeAll(async () => {
      [here, there] = [await sampled(one), await sampled(other)];
      directory = mkdtempSync(join(tmpdir(), 'multiflexi-digest-'));
      file = join(directory, 'other.env');
      writeFileSync(
        file,
        Object.entries(there.environment)
          .map((setting) => `${setting.join('=')}\n`)
          .join(''),
      );
    });
    afterAll(async () => {
      rmSync(directory, { recursive: true });
      await here.drop();
      await there.drop();
    });

    const compared = (...words: readonly string[]) =>
      cli(['db:digest', ...TABLES, '--compare-env', file, ...words], here.environment);
    const change = (database: Migrated, statement: RawBuilder<unknown>) =>
      statement.execute(database.engine.kysely<unknown>());

    test('are equal while nobody has touched them', async () => {
      const { exit, stdout } = await compared();
      expect([exit, stdout]).toEqual([0, expect.stringMatching(/^Equal: 5 tables with [\d,]+ rows\.$/m)]);
    });

    test('a changed byte, a missing row, one too many and two that changed places are each named by key', async () => {
      await change(there, sql`update logger set message = 'another' where id = 11`);
      await change(there, sql`delete from logger where id = 12`);
      await change(here, sql`delete from logger where id = 13`);
      for (const [database, first, second] of [
        [here, 'a', 'b'],
        [there, 'b', 'a'],
      ] as const) {
        await change(database, sql`update artifacts set filename = ${first} where id = 21`);
        await change(database, sql`update artifacts set filename = ${second} where id = 22`);
      }
      const json = await compared('-f', 'json');
      expect(json.exit).toBe(7);
      const { same, tables } = JSON.parse(json.stdout);
      expect(same).toBe(false);
      const logger = tables.find((table: { table_name: string }) => table.table_name === 'logger');
      expect(logger.ranges).toMatchObject([
        {
          different_rows: 3,
          rows: [
            { key: ['11'], difference: 'differs' },
            { key: ['12'], difference: 'only here' },
            { key: ['13'], difference: 'only there' },
          ],
        },
      ]);
      expect(logger.here.rows).toBe(logger.there.rows);
      const artifacts = tables.find((table: { table_name: string }) => table.table_name === 'artifacts');
      expect(artifacts.ranges).toMatchObject([{ different_rows: 2 }]);
      const text = await compared('--limit', '1');
      expect([text.exit, text.stdout]).toEqual([
        7,
        expect.stringMatching(/^logger, all keys: 3 rows differ .*\n {2}11: differs\n {2}and 2 more rows$/m),
      ]);
    });

    test('a table and a column that only one of them has are named, and differ', async () => {
      await change(there, sql`drop table company_env`);
      await change(there, sql`alter table token add column extra varchar(20)`);
      const { exit, stdout } = await cli(
        ['db:digest', '--compare-env', file, '--limit', '0'],
        here.environment,
      );
      expect([exit, stdout]).toEqual([
        7,
        expect.stringContaining('company_env: not compared. The other database does not have this table.'),
      ]);
      expect(stdout).toContain('token: not compared. Only the other database has the columns extra.');
    });
  },
);

test('a file that is not there is no database to be equal to, nor is it made', async () => {
  const database = await migratedDatabase('sqlite');
  const directory = mkdtempSync(join(tmpdir(), 'multiflexi-digest-'));
  const missing = join(directory, 'mistyped.sqlite');
  const there = await cli(['db:digest', '--compare', `sqlite://${missing}`], database.environment);
  expect([there.exit, there.stdout]).toEqual([5, '']);
  expect(there.stderr).toContain(`There are no tables of this schema in ${missing}.`);
  const here = await cli(['db:digest'], { ...database.environment, DB_DATABASE: missing });
  expect([here.exit, here.stdout]).toEqual([5, '']);
  expect(readdirSync(directory)).toEqual([]);
  rmSync(directory, { recursive: true });
  await database.drop();
});

test('a password in a URL, two databases at a time and a table that does not exist are refused before anything is read', async () => {
  const database = await migratedDatabase('sqlite');
  const refused = async (...words: readonly string[]) =>
    (await cli(['db:digest', ...words], database.environment)).exit;
  expect(await refused('--compare', 'pgsql://me:secret@localhost/x')).toBe(64);
  expect(await refused('--compare', 'sqlite:///x', '--compare-env', 'y')).toBe(64);
  expect(await refused('nowhere')).toBe(64);
  expect(await refused('--limit', '-1')).toBe(64);
  await database.drop();
});
