/** The platform's database is changed to another one: nothing is lost, and nothing is half done. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { describe, expect, test } from 'vitest';
import type { EngineName } from '../../src/engines/index.ts';
import { findDrift, MIGRATIONS } from '../../src/migrations/index.ts';
import { cli, type Finished, finished, type startCli } from '../harness/cli.ts';
import { freshDatabase, isAvailable, migratedDatabase } from '../harness/engines.ts';
import { contents, type Switching, switching } from '../harness/switching.ts';

const PAIRS: readonly (readonly [EngineName, EngineName])[] = [
  ['sqlite', 'mysql'],
  ['mariadb', 'postgresql'],
];

describe.each(PAIRS.filter((pair) => pair.every(isAvailable)))('from %s to %s', (one, other) => {
  test('all rows go along, and back with what was written since', async () => {
    const source = await migratedDatabase(one);
    const target = await freshDatabase(other);
    const platform = switching(source, target);
    expect((await cli(['sample:load', '--jobs', '300'], source.environment)).exit).toBe(0);
    await sql`insert into company (id, slug, name, settings) values (9007199254740993, 'nasty', ${"🐱 e\u0301 \\ ' \t"}, '{"b":1,"a":[1.0,null]}')`.execute(
      source.engine.kysely(),
    );
    const before = await contents(source.engine);

    const planned = await platform.run('--dry-run', '-f', 'json');
    expect(planned).toMatchObject({ exit: 0, stderr: '' });
    expect(JSON.parse(planned.stdout)).toMatchObject({ problems: [], continues: false });
    expect(platform.settings()).toMatchObject(source.environment);

    const done = await platform.run('-f', 'json');
    expect(done.stderr).toContain('writes waited for');
    expect(done.exit).toBe(0);
    const engine = await target.open();
    expect(await contents(engine, ['housekeeping_run'])).toEqual(
      Object.fromEntries(Object.entries(before).filter(([table]) => table !== 'housekeeping_run')),
    );
    expect(platform.settings()).toEqual({ ZABBIX_SERVER: '10.0.0.1', ...target.environment, LOG: 'debug' });
    expect(statSync(platform.file).mode & 0o777).toBe(0o640);

    await sql`insert into company (slug, name) values ('new', 'New one')`.execute(engine.kysely());
    await sql`delete from job where id = 7`.execute(engine.kysely());
    await sql`update company set name = 'Renamed' where id = 1`.execute(engine.kysely());
    const since = await contents(engine);
    const untouched = await platform.back('--dry-run');
    expect(untouched.stdout).toContain('Nobody has written to that database since the platform left it.');
    const returned = await platform.back();
    expect(returned).toMatchObject({ exit: 0 });
    expect(await contents(source.engine, ['housekeeping_run'])).toEqual(
      Object.fromEntries(Object.entries(since).filter(([table]) => table !== 'housekeeping_run')),
    );
    expect(platform.settings()).toEqual({ ZABBIX_SERVER: '10.0.0.1', ...source.environment, LOG: 'debug' });
    await engine.close();
    platform.remove();
    await target.drop();
    await source.drop();
  });
});

describe.runIf(isAvailable('sqlite') && isAvailable('postgresql'))(
  'a change from sqlite to postgresql',
  () => {
    test('is refused with everything that stands in its way, named', async () => {
      const source = await migratedDatabase('sqlite');
      const target = await freshDatabase('postgresql');
      const platform = switching(source, target);
      const { file } = source.settings as { readonly file: string };
      const database = new Database(file);
      database.pragma('foreign_keys = off');
      database.exec(`
      insert into company (id, slug, name) values (1, 'a', 'A' || char(0) || 'B'), (2, 'b', cast(x'41ff' as text));
      insert into company (id, slug, name, settings) values (3, 'c', 'C', '"\\ud800"');
      insert into token (id, token, user_id) values (4, 'lost', 99);
      create view busy as select 1 as one;
      create table theirs (id integer primary key);
      alter table job add column more text;
      create trigger watching after insert on job begin select 1; end;`);
      database.close();
      mkdirSync(join(dirname(file), `.${basename(file)}-litestream`));
      const { exit, stdout } = await platform.run('--dry-run', '-f', 'json');
      const { problems, notes, next } = JSON.parse(stdout) as Record<'problems' | 'notes', string[]> & {
        next: string;
      };
      for (const named of [
        'company with id 1: name has the character U+0000',
        'company with id 2: name is not valid UTF-8',
        'company with id 3: settings has half a character',
        'token.user_id to rows of user that do not exist (the first ids: 4)',
        'the view busy is not of this program',
        'the table theirs is not of this program',
        'the column job.more is not of this program',
        'the trigger watching on job',
      ])
        expect(problems.join('\n')).toContain(named);
      expect(problems).toHaveLength(8);
      expect(notes.join('\n')).toContain('Litestream replicates');
      expect(exit).toBe(5);
      expect(next).toContain('With --except and its name, what is not of this program may stay behind.');
      const refused = await platform.run();
      expect(refused.exit).toBe(5);
      expect(refused.stderr).toContain('housekeeper:run archives and removes rows without their parent once');
      const untouched = await target.open();
      expect(await untouched.tableNames()).toEqual([]);
      await sql`create table theirs (id int)`.execute(untouched.kysely());
      const EXCEPT = ['--except', 'busy', 'theirs', 'watching', 'job.more'];
      const filled = await platform.run('--dry-run', ...EXCEPT);
      expect(filled.stdout).toContain('Problem: the target is not empty: it has theirs.');
      expect(filled.stdout).toContain('5 problems must be corrected first');
      await sql`drop table theirs`.execute(untouched.kysely());
      await untouched.close();
      const corrected = new Database(file);
      corrected.exec(`delete from token; delete from company; insert into company (id, slug, name) values (1, 'a', 'A');
        insert into applications (id, uuid, name, executable) values (1, 'u', 'n', 'e');
        insert into job (id, app_id, company_id, more) values (1, 1, 1, 'stays')`);
      corrected.close();
      expect(await platform.run(...EXCEPT)).toMatchObject({ exit: 0 });
      expect(platform.settings()).toMatchObject(target.environment);
      expect(await platform.back(...EXCEPT)).toMatchObject({ exit: 0 });
      const keyless = new Database(file);
      expect(keyless.prepare('select distinct more from job').all()).toEqual([{ more: 'stays' }]);
      keyless.exec('create table x as select * from token; drop table token; alter table x rename to token');
      keyless.close();
      const without = await platform.run('--dry-run', ...EXCEPT);
      expect([without.exit, without.stdout]).toEqual([
        5,
        expect.stringContaining('Problem: the table token has no primary key.'),
      ]);
      platform.remove();
      await target.drop();
      await source.drop();
    });

    test('takes along what a platform inserts, updates and deletes meanwhile', async () => {
      const { source, target, platform } = await filledPair(1_500);
      const { file } = source.settings as { readonly file: string };
      const writer = new Database(file, { timeout: 0 });
      writer.pragma('foreign_keys = on');
      const child = platform.start();
      const told = new Told(child);
      let steps = 0;
      let refused = false;
      const write = writer.transaction((step: number) => {
        writer.exec(`insert into logger (id, company_id, message) values (${1_000_000 + step}, 1, 'step ${step}');
        update job set command = 'step ${step}' where id = ${(step % 1000) + 1};
        update company set slug = 'moving' where id = 2;
        update company set slug = '${step % 2 === 0 ? 'one' : 'two'}' where id = 1;
        update company set slug = '${step % 2 === 0 ? 'two' : 'one'}' where id = 2;
        delete from job where id = ${1_500 - step}`);
      });
      while (!refused && child.exitCode === null) {
        try {
          write.immediate(steps);
          steps++;
        } catch (error) {
          if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
          refused = told.text.includes('writes now wait');
        }
        await sleep(3);
      }
      writer.close();
      const { exit, stderr } = await told.end;
      expect({ exit, stderr, refused }).toMatchObject({ exit: 0, refused: true });
      expect(steps).toBeGreaterThan(20);
      const engine = await target.open();
      expect(await contents(engine, ['housekeeping_run'])).toEqual(
        await contents(source.engine, ['housekeeping_run']),
      );
      await engine.close();
      await dropped(source, target, platform);
    });

    test('is given up when somebody writes to the target meanwhile, and done when he stops', async () => {
      const { source, target, platform } = await filledPair(300);
      const engine = await target.open();
      // The stop begins when this writer is done, and not before the target was written to.
      const writer = new Database((source.settings as { readonly file: string }).file);
      writer.exec('begin immediate');
      const told = new Told(platform.start());
      await told.until('writes now wait');
      await sql`insert into logger (message) values ('rogue')`.execute(engine.kysely());
      writer.exec('rollback');
      writer.close();
      const { exit, stderr } = await told.end;
      expect({ exit, stderr }).toMatchObject({
        exit: 7,
        stderr: expect.stringContaining('replaced: logger: '),
      });
      expect(platform.settings()).toMatchObject(source.environment);
      await sql`insert into logger (message) values ('the platform goes on')`.execute(source.engine.kysely());
      expect((await platform.run()).exit).toBe(0);
      expect(await contents(engine, ['housekeeping_run'])).toEqual(
        await contents(source.engine, ['housekeeping_run']),
      );
      await engine.close();
      await dropped(source, target, platform);
    });

    test('goes on wherever it was killed', async () => {
      const { source, target, platform } = await filledPair(1_000);
      const every = process.env.MULTIFLEXI_TEST_EVERY_MOMENT === '1' ? 4 : 1;
      const isSaved = () => readdirSync(platform.directory).some((name) => name.includes('.before-'));
      const journal = join(platform.directory, 'multiflexi.env.switch.json');
      const moments: readonly (readonly [string, (told: Told) => boolean])[] = [
        ['the journal is there', () => existsSync(journal)],
        ['rows are there', () => existsSync(journal)],
        ['all is copied', (told) => told.text.includes('Copied ')],
        ['it has caught up', (told) => told.text.includes('Copied what changed')],
        ['writers wait', (told) => told.text.includes('writes now wait')],
        ['the old settings are saved', isSaved],
      ];
      let last: number | null = null;
      for (const [moment, isThere] of moments)
        for (let time = 0; time < every; time++) {
          const child = platform.start();
          const told = new Told(child);
          while (!isThere(told) && child.exitCode === null) await sleep(1);
          await sleep(moment === 'rows are there' ? 150 + 100 * time : 10 * time);
          child.kill('SIGKILL');
          ({ exit: last } = await told.end);
          const settings = platform.settings();
          const isNew = settings.DB_CONNECTION === 'pgsql';
          expect(settings, moment).toEqual({
            ZABBIX_SERVER: '10.0.0.1',
            ...(isNew ? target : source).environment,
            LOG: 'debug',
          });
          if (isNew) break;
          // Nothing of it holds the platform up.
          await sql`insert into logger (message) values (${moment})`.execute(source.engine.kysely());
        }
      if (last !== 0) expect(await platform.run()).toMatchObject({ exit: 0 });
      expect(platform.settings()).toMatchObject(target.environment);
      const again = await platform.run('-f', 'json');
      expect(again.exit).toBe(0);
      expect(JSON.parse(again.stdout)).toMatchObject({ already: true });
      expect(readFileSync(journal, 'utf8')).toContain('"phase": "switched"');
      const engine = await target.open();
      expect(await contents(engine, ['housekeeping_run'])).toEqual(
        await contents(source.engine, ['housekeeping_run']),
      );
      await engine.close();
      await dropped(source, target, platform);
    });

    test('that is killed while tables have no indexes leaves none of them like that in the end', async () => {
      const { source, target, platform } = await filledPair(4_500);
      const engine = await target.open();
      const isBare = async () => {
        const { rows } = await sql<{ bare: boolean }>`
          select to_regclass('logger') is not null and to_regclass('ix_logger_company_id') is null as bare`.execute(
          engine.kysely(),
        );
        return rows[0]?.bare === true;
      };
      for (const wait of [0, 300]) {
        const child = platform.start();
        const told = new Told(child);
        while (child.exitCode === null && !(await isBare())) await sleep(2);
        expect(child.exitCode, 'it was never seen without its indexes').toBeNull();
        await sleep(wait);
        child.kill('SIGKILL');
        await told.end;
      }
      expect(await platform.run()).toMatchObject({ exit: 0 });
      expect(await findDrift(engine, MIGRATIONS)).toEqual([]);
      expect(await contents(engine, ['housekeeping_run'])).toEqual(
        await contents(source.engine, ['housekeeping_run']),
      );
      await engine.close();
      await dropped(source, target, platform);
    });

    test('is not undone over what somebody wrote to the old database', async () => {
      const { source, target, platform } = await filledPair(50);
      expect((await platform.run()).exit).toBe(0);
      await sql`update company set name = 'on the old one' where id = 1`.execute(source.engine.kysely());
      const asked = await cli(['status', '-e', platform.file]);
      expect(asked.stdout).toMatch(
        /^ok {7}In use since .* instead of .*sqlite, to which others can still write\./m,
      );
      expect(asked.stdout).toContain('multiflexi-cli db:switch --back --dry-run');
      const looked = await platform.back('--dry-run');
      expect([looked.exit, looked.stdout]).toEqual([
        0,
        expect.stringMatching(/after the platform had left it.*company/s),
      ]);
      const refused = await platform.back('--no-input');
      expect(refused).toMatchObject({
        exit: 5,
        stderr: expect.stringMatching(/after the platform had left it.*company/s),
      });
      expect(platform.settings()).toMatchObject(target.environment);
      const inUse = await target.open();
      const child = platform.start('--back', '--yes');
      const told = new Told(child);
      // The stop waits for a writer, and the end for the stop.
      await inUse
        .kysely()
        .transaction()
        .execute(async (db) => {
          await sql`lock table company in row exclusive mode`.execute(db);
          await told.until('Copied ');
          child.kill('SIGKILL');
        });
      await told.end;
      await inUse.close();
      expect(platform.settings()).toMatchObject(target.environment);
      const again = await platform.back();
      expect(again).toMatchObject({ exit: 0, stderr: expect.stringContaining('Continuing the change') });
      const engine = await target.open();
      expect(await contents(source.engine, ['housekeeping_run'])).toEqual(
        await contents(engine, ['housekeeping_run']),
      );
      await engine.close();
      await dropped(source, target, platform);
    });

    async function filledPair(jobs: number) {
      const source = await migratedDatabase('sqlite');
      const target = await freshDatabase('postgresql');
      expect((await cli(['sample:load', '--jobs', String(jobs)], source.environment)).exit).toBe(0);
      return { source, target, platform: switching(source, target) };
    }
  },
);

/** What a process has said so far. */
class Told {
  text = '';
  readonly end: Promise<Finished>;

  constructor(child: ReturnType<typeof startCli>) {
    child.stderr.on('data', (text: string | Buffer) => {
      this.text += String(text);
    });
    this.end = finished(child);
  }

  async until(words: string): Promise<void> {
    while (!this.text.includes(words)) await sleep(5);
  }
}

async function dropped(
  source: { drop(): Promise<void> },
  target: { drop(): Promise<void> },
  platform: Switching,
): Promise<void> {
  platform.remove();
  await target.drop();
  await source.drop();
}
