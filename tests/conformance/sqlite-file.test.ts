/** What an SQLite file is born with, and that looking at one never makes or changes it. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEngine } from '../../src/engines/index.ts';

describe('an SQLite file', () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'multiflexi-file-'));
    file = join(directory, 'deep', 'in', 'a.sqlite');
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  const open = (access: 'inspect' | 'change' | 'create') =>
    openEngine({ connection: 'sqlite', file }, access);

  test('is born private, in WAL, with incremental auto-vacuum and foreign keys on', async () => {
    const engine = await open('create');
    const pragma = async (name: string) =>
      Object.values(
        (
          await sql<Record<string, unknown>>`select * from ${sql.raw(`pragma_${name}`)}`.execute(
            engine.kysely(),
          )
        ).rows[0] ?? {},
      )[0];
    expect(await pragma('journal_mode')).toBe('wal');
    expect(await pragma('auto_vacuum')).toBe(2n);
    expect(await pragma('foreign_keys')).toBe(1n);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'deep')).mode & 0o777).toBe(0o700);
    await engine.close();
  });

  test.each(['moved', 'replaced', 'deleted'])(
    'that is %s under a process is not written to any more',
    async (how) => {
      const engine = await open('create');
      await sql`create table kept (id integer primary key)`.execute(engine.kysely());
      const write = () =>
        engine
          .kysely()
          .transaction()
          .execute((db) => sql`insert into kept default values`.execute(db));
      await write();
      if (how === 'deleted') rmSync(file);
      else renameSync(file, `${file}.before`);
      if (how === 'replaced') writeFileSync(file, '');
      await expect(write()).rejects.toMatchObject({
        code: 'FILE_FAILED',
        message: expect.stringContaining('no longer the one'),
      });
      await engine.close();
    },
  );

  test('that an interrupted writer left half written is taken back by whoever may write, as its reader is told', async () => {
    const before = new Sqlite(join(directory, 'before.sqlite'));
    before.exec('pragma cache_size = 1; create table rows (id integer primary key, word text)');
    before.exec(
      "with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) insert into rows select i, 'before' from n",
    );
    before.exec("begin; update rows set word = 'half written, and longer'");
    mkdirSync(dirname(file), { recursive: true });
    for (const suffix of ['', '-journal'])
      copyFileSync(join(directory, `before.sqlite${suffix}`), `${file}${suffix}`);
    before.close();
    await expect(open('inspect')).rejects.toMatchObject({
      code: 'READ_ONLY',
      next: expect.stringContaining('PRAGMA schema_version'),
    });
    const writer = await open('change');
    const { rows } = await sql<{ n: bigint }>`select count(*) as n from rows where word <> 'before'`.execute(
      writer.kysely(),
    );
    expect(rows).toEqual([{ n: 0n }]);
    await writer.close();
    await (await open('inspect')).close();
  });

  test('that does not exist is not made by looking at it', async () => {
    const engine = await open('inspect');
    expect(await engine.tableNames()).toEqual([]);
    expect((await engine.sizes()).totalBytes).toBe(0);
    await engine.close();
    expect(readdirSync(directory)).toEqual([]);
  });

  test('that does not exist is not made by a change either', async () => {
    await expect(open('change')).rejects.toMatchObject({ code: 'DATABASE_MISSING', exit: 4 });
    expect(existsSync(file)).toBe(false);
  });

  test('that is no database is refused and stays as it is', async () => {
    file = join(directory, 'notes.txt');
    writeFileSync(
      file,
      'these are notes, not a database, and longer than a header of one hundred bytes would be, which matters here',
    );
    for (const access of ['inspect', 'change', 'create'] as const) {
      await expect(open(access)).rejects.toMatchObject({ code: 'NOT_A_DATABASE', exit: 4 });
    }
    expect(readFileSync(file, 'utf8')).toContain('these are notes');
  });

  test('that is a directory is refused', async () => {
    file = directory;
    await expect(open('create')).rejects.toMatchObject({ code: 'NOT_A_DATABASE' });
  });

  test('reached by a symbolic link is the same file to the lock', async () => {
    const engine = await open('create');
    const link = join(directory, 'link.sqlite');
    symlinkSync(file, link);
    const linked = await openEngine({ connection: 'sqlite', file: link }, 'change');
    const lock = await engine.lock({ name: 'work', program: 'test', waitMs: 0 });
    await expect(linked.lock({ name: 'work', program: 'test', waitMs: 0 })).rejects.toMatchObject({
      code: 'LOCKED',
    });
    await lock.release();
    await engine.close();
    await linked.close();
  });

  test('opened to inspect cannot be written, by any statement', async () => {
    await (await open('create')).close();
    const engine = await open('inspect');
    await expect(sql`create table x (y int)`.execute(engine.kysely())).rejects.toMatchObject({
      code: 'READ_ONLY',
    });
    await engine.close();
  });
});
