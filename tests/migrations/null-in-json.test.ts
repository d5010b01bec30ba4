/** Files with NULL in a JSON column are whole to an SQLite of before 3.45 as well, which PHP, Python and the shell of Debian 12 have. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Engine, openEngine } from '../../src/engines/index.ts';
import {
  findDrift,
  MIGRATIONS,
  migrate,
  planMigrate,
  readStatus,
  rollback,
} from '../../src/migrations/index.ts';
import { cli } from '../harness/cli.ts';
import { describeEngines, freshDatabase } from '../harness/engines.ts';
import { FIRST_RELEASE, ofFirstRelease } from '../harness/first-release.ts';
import { type OldSqlite, oldSqlite } from '../servers/old-sqlite.ts';

const run = { program: 'test', waitMs: 0 };
const RELEASED = MIGRATIONS.filter(({ version }) => version <= FIRST_RELEASE);
const ROW = "insert into company (name, slug) values ('a', 'a')";

describe('a file for an SQLite of before 3.45', () => {
  let old: OldSqlite;
  let missing = '';
  let directory: string;
  let file: string;
  let engine: Engine;
  beforeAll(async () => {
    const found = await oldSqlite();
    if (typeof found === 'string') {
      if (process.env.CI) throw new Error(found);
      missing = found;
    } else old = found;
  });
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'multiflexi-json-'));
    file = join(directory, 'a.sqlite');
    engine = await openEngine({ connection: 'sqlite', file }, 'create');
  });
  afterEach(async () => {
    await engine.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const shell = (on: string, input: string) => {
    const { stdout, stderr } = spawnSync(old[0] ?? '', [...old.slice(1), on], { input, encoding: 'utf8' });
    return (stdout + stderr).trim();
  };
  const count = async () =>
    (await sql<{ n: bigint }>`select count(*) as n from company`.execute(engine.kysely())).rows[0]?.n;

  test('made by the first release is the damaged one that this is about', async ({ skip }) => {
    if (old === undefined) skip(missing);
    await migrate(ofFirstRelease(engine), { ...run, target: FIRST_RELEASE });
    await sql.raw(ROW).execute(engine.kysely());
    expect(shell(file, 'pragma integrity_check;')).toContain('CHECK constraint failed');
    expect(shell(file, `${ROW.replaceAll("'a'", "'b'")};`)).toContain('CHECK constraint failed');
  });

  for (const [title, before] of [
    ['is whole when it is made', false],
    ['is whole after it was migrated', true],
  ] as const) {
    test(`${title}: it takes rows, is sound, and its dump has all of them`, async ({ skip }) => {
      if (old === undefined) skip(missing);
      if (before) {
        await migrate(ofFirstRelease(engine), { ...run, target: FIRST_RELEASE });
        await sql.raw(ROW).execute(engine.kysely());
      }
      await migrate(engine, run);
      if (!before) await sql.raw(ROW).execute(engine.kysely());
      expect(shell(file, `${ROW.replaceAll("'a'", "'b'")}; pragma integrity_check;`)).toBe('ok');
      expect(shell(file, "insert into company (name, slug, settings) values ('c', 'c', '{');")).toContain(
        'CHECK',
      );
      const copy = join(directory, 'copy.sqlite');
      expect(shell(copy, shell(file, '.dump'))).toBe('');
      expect(
        shell(
          copy,
          "select count(*) from company; select max(seq) from sqlite_sequence where name = 'company';",
        ),
      ).toBe('2\n2');
      expect(await count()).toBe(2n);
      expect(await findDrift(engine, MIGRATIONS)).toEqual([]);
      expect((await cli(['db:verify'], { DB_CONNECTION: 'sqlite', DB_DATABASE: copy })).exit).toBe(0);
    });
  }

  test('is changed under a connection that has it open already', async () => {
    await migrate(ofFirstRelease(engine), { ...run, target: FIRST_RELEASE });
    const { default: Sqlite } = await import('better-sqlite3');
    const platform = new Sqlite(file);
    platform.exec(ROW);
    await migrate(engine, { ...run, target: '20261126213000' });
    // By this number others know that they have to read the schema again.
    const before = Number(platform.pragma('schema_version', { simple: true }));
    await migrate(engine, { ...run, target: '20261126214500' });
    expect(Number(platform.pragma('schema_version', { simple: true }))).toBeGreaterThan(before);
    await migrate(engine, run);
    platform.exec(ROW.replaceAll("'a'", "'b'"));
    expect(platform.prepare("select sql from sqlite_schema where name = 'company'").pluck().get()).toContain(
      '"settings" is null or json_valid("settings")',
    );
    platform.close();
    expect(await count()).toBe(2n);
  });

  test('whose CHECKs were lost, or are the old ones, is told by db:verify', async () => {
    await migrate(engine, run);
    await engine.close();
    const { default: Sqlite } = await import('better-sqlite3');
    const byHand = new Sqlite(file);
    byHand.unsafeMode(true);
    byHand.pragma('writable_schema = on');
    const replace = byHand.prepare(
      "update sqlite_schema set sql = replace(sql, ?, ?) where name = 'company'",
    );
    replace.run('"settings" is null or json_valid("settings")', 'json_valid("settings")');
    replace.run(` check (typeof("name") in ('text', 'null') and length("name") <= 255)`, '');
    byHand.close();
    engine = await openEngine({ connection: 'sqlite', file }, 'change');
    expect(
      (await findDrift(engine, MIGRATIONS)).map(({ kind, what, table, name }) => [kind, what, table, name]),
    ).toEqual([
      ['missing', 'check', 'company', 'name'],
      ['different', 'check', 'company', 'settings'],
    ]);
    const { exit, stdout } = await cli(['db:verify'], { DB_CONNECTION: 'sqlite', DB_DATABASE: file });
    expect([exit, stdout]).toEqual([7, expect.stringContaining('2 differences')]);
  });
});

describeEngines('a database of the first release', (name) => {
  test('is known again, brought up to date, taken back and brought up again', async () => {
    const database = await freshDatabase(name);
    const engine = await database.open('create');
    try {
      await migrate(ofFirstRelease(engine), { ...run, target: '20221125095601' });
      await migrate(engine, { ...run, target: FIRST_RELEASE });
      const status = await readStatus(engine, MIGRATIONS);
      expect([status.changed, status.pending]).toEqual([0, MIGRATIONS.length - RELEASED.length]);
      // What a pending migration sets right is no drift.
      expect(await findDrift(engine, MIGRATIONS)).toEqual([]);
      expect((await planMigrate(engine, MIGRATIONS)).migrations).toHaveLength(status.pending);
      await migrate(engine, run);
      expect(await findDrift(engine, MIGRATIONS)).toEqual([]);
      // The program of then knows the steps of this one.
      expect((await readStatus(ofFirstRelease(engine), RELEASED)).changed).toBe(0);
      await rollback(engine, run);
      await rollback(engine, { ...run, target: '20200413150836' });
      await migrate(engine, run);
      expect(await findDrift(engine, MIGRATIONS)).toEqual([]);
      expect((await readStatus(engine, MIGRATIONS)).changed).toBe(0);
    } finally {
      await engine.close();
      await database.drop();
    }
  });
});
