/** Old temporary files are deleted, but none that a job may still need, and never in a folder that is somebody else's. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../src/schema/index.ts';
import type { DutyContext } from '../../src/tasks/duties/duty.ts';
import { temporaryFiles } from '../../src/tasks/duties/temporary-files.ts';
import { describeEngines, migratedDatabase, testWhere } from '../harness/engines.ts';
import { at, makeCompany, makeHistory } from '../harness/history.ts';
import { done, HOUR, onDuty, planned } from '../harness/on-duty.ts';

describeEngines('temporary files', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let top: string;
  let folder: string;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    await makeCompany(database.engine);
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    await makeHistory(database.engine, [], []);
    top = realpathSync(mkdtempSync(join(tmpdir(), 'multiflexi-temporary-')));
    folder = join(top, 'tmp');
    mkdirSync(folder);
  });
  afterEach(() => rmSync(top, { recursive: true, force: true }));

  /** Two days later: all that a test makes is old. */
  const context = (tmpDirectory: string | null = folder, changes: Partial<DutyContext> = {}): DutyContext => {
    const { settings, ...rest } = onDuty(database.engine, { now: Date.now() + 48 * HOUR, ...changes });
    return { ...rest, settings: { ...settings, tmpDirectory } };
  };
  const make = (...names: readonly string[]) => {
    for (const one of names) {
      mkdirSync(join(folder, one, '..'), { recursive: true });
      writeFileSync(join(folder, one), 'content');
    }
  };
  const left = (...names: readonly string[]) =>
    names.filter((one) => lstatSync(join(folder, one), { throwIfNoEntry: false }) !== undefined);
  const job = (status: string, command: string | null, env: unknown = null, json = JSON.stringify(env)) =>
    database.engine.bulkLoad({
      table: 'job',
      columns: ['app_id', 'company_id', 'status', 'DatCreate', 'command', 'env'],
      rows: [[1n, 1n, status, at(0), command, json === 'null' ? null : json]],
    });

  test('are deleted when they are old, and their bytes are told', async () => {
    make('a.json', 'd/b.json');
    const result = await done(temporaryFiles, context());
    expect(result).toMatchObject({
      steps: [
        { action: 'delete', what: 'temporary file', count: 2 },
        { action: 'delete', what: 'empty temporary directory', count: 1 },
      ],
      bytes: expect.any(Number),
      stopped: null,
      note: undefined,
    });
    expect(result.bytes).toBeGreaterThanOrEqual(14);
    expect(left('a.json', 'd')).toEqual([]);
  });

  test('are kept while they are young, and by a dry run', async () => {
    make('a.json');
    expect((await planned(temporaryFiles, context(folder, { now: Date.now() }))).steps).toEqual([]);
    expect((await planned(temporaryFiles, context())).steps).toHaveLength(1);
    expect(left('a.json')).toEqual(['a.json']);
  });

  test('are kept as long as a waiting or running job mentions them, in whatever form', async () => {
    const kept = [
      'waits.csv',
      'runs.csv',
      'env-1.json',
      'žába 1.txt',
      'a b.csv',
      'quote"d',
      'short',
      'x',
      'řeka-8.txt',
      'dir_8213/in/it',
    ];
    const gone = ['other.csv', 'finished.csv', 'cancelled-9123.csv'];
    make(...kept, ...gone);
    await job('waiting', `import --file=${folder}/waits.csv`);
    await job('running', `import 'runs.csv' a\\ b.csv x && cat < ${folder}/short`);
    await job('running', null, { FILE: `${folder}/env-1.json`, OTHER: { DEEP: ['žába 1.txt', 'quote"d'] } });
    // As PHP writes it.
    await job('running', null, undefined, '{"FILE":"\\/tmp\\/\\u0159eka-8.txt"}');
    await job('waiting', `work-in ${folder}/dir_8213/`);
    await job('ok', 'import finished.csv', { FILE: 'finished.csv' });
    await job('canceled', 'import cancelled-9123.csv');
    const result = await done(temporaryFiles, context());
    expect(result.steps).toMatchObject([{ what: 'temporary file', count: 3 }]);
    expect(left(...kept, ...gone)).toEqual(kept);
    expect(result.note).toBe(
      '10 files or directories were kept because a waiting or running job may use them.',
    );
    // They go with their jobs.
    await database.engine.kysely<Database>().updateTable('job').set({ status: 'ok' }).execute();
    await done(temporaryFiles, context());
    expect(left(...kept)).toEqual([]);
  });

  test('are kept for the last of many jobs', async () => {
    const names = Array.from({ length: 350 }, (_, n) => `in-${n}-${(n * 7_919).toString(36)}.csv`);
    make(...names, 'nobodys.csv');
    await database.engine.bulkLoad({
      table: 'job',
      columns: ['app_id', 'company_id', 'status', 'DatCreate', 'command'],
      // The same instant for many, so that pages end among them.
      rows: names.map((one, n) => [
        1n,
        1n,
        n % 2 === 0 ? 'waiting' : 'running',
        at(Math.floor(n / 150)),
        `import ${folder}/${one}`,
      ]),
    });
    expect((await done(temporaryFiles, context())).steps).toMatchObject([{ count: 1 }]);
    expect(left(...names)).toHaveLength(350);
  });

  test('are kept for a job that came since the plan', async () => {
    make('late.csv', 'other.csv');
    const plan = await planned(temporaryFiles, context());
    await job('waiting', 'import late.csv');
    expect((await plan.run()).steps).toMatchObject([{ count: 1 }]);
    expect(left('late.csv', 'other.csv')).toEqual(['late.csv']);
  });

  test('are left for the next time when the time is up or somebody has ended it', async () => {
    make('a', 'b');
    expect(await planned(temporaryFiles, context(folder, { timeBudgetMs: 0 }))).toMatchObject({ steps: [] });
    const ended = new AbortController();
    const plan = await planned(temporaryFiles, context(folder, { signal: ended.signal }));
    ended.abort();
    expect(await plan.run()).toMatchObject({ steps: [], stopped: 'interrupted' });
    expect(left('a', 'b')).toEqual(['a', 'b']);
  });

  test('are not deleted by one who has lost the lease', async () => {
    make('a', 'd/b');
    const lost = new Error('lost');
    const late = new AbortController();
    const holds = { hold: async () => Promise.reject(lost), signal: late.signal };
    await expect((await temporaryFiles.plan(context(folder, { fence: holds }))).run()).rejects.toBe(lost);
    const plan = await temporaryFiles.plan(
      context(folder, { fence: { hold: async () => {}, signal: late.signal } }),
    );
    late.abort(lost);
    await expect(plan.run()).rejects.toBe(lost);
    expect(left('a', 'd/b')).toEqual(['a', 'd/b']);
  });

  test('are nothing where nobody has said where they are, or the folder is missing', async () => {
    const unset = await planned(temporaryFiles, context(null));
    expect(unset).toMatchObject({ steps: [], note: 'MULTIFLEXI_TMP is not set.' });
    expect((await unset.run()).steps).toEqual([]);
    expect(await planned(temporaryFiles, context(join(top, 'missing')))).toMatchObject({ steps: [] });
  });

  test('are found through a link to their folder, and not where the link leads to since', async () => {
    make('a');
    const link = join(top, 'link');
    symlinkSync(folder, link);
    const plan = await planned(temporaryFiles, context(link));
    expect(plan.steps).toHaveLength(1);
    mkdirSync(join(top, 'elsewhere'));
    writeFileSync(join(top, 'elsewhere/precious'), 'content');
    rmSync(link);
    symlinkSync(join(top, 'elsewhere'), link);
    expect((await plan.run()).steps).toEqual([]);
    rmSync(link);
    symlinkSync(folder, link);
    renameSync(folder, join(top, 'moved'));
    symlinkSync(join(top, 'elsewhere'), folder);
    expect((await plan.run()).steps).toEqual([]);
    expect(existsSync(join(top, 'elsewhere/precious'))).toBe(true);
  });

  describe('are never looked for', () => {
    const refused = async (directory: string, why: RegExp, changes: Partial<DutyContext> = {}) => {
      make('a');
      await expect(temporaryFiles.plan(context(directory, changes))).rejects.toMatchObject({
        code: 'SETTINGS_INVALID',
        message: expect.stringMatching(why),
      });
      // Nor through a link.
      if (directory.startsWith('/')) {
        const link = join(top, 'link');
        symlinkSync(directory, link);
        await expect(temporaryFiles.plan(context(link, changes))).rejects.toMatchObject({
          code: 'SETTINGS_INVALID',
        });
        rmSync(link);
      }
      expect(left('a')).toEqual(['a']);
    };

    test.each([
      ['/', /the root/],
      ['/tmp', /shared/],
      ['/tmp/', /shared/],
      ['/var/tmp', /shared/],
      ['/var', /shared/],
      [homedir(), /home directory/],
      ['/etc/passwd', /not a directory/],
      ['tmp', /absolute/],
      ['.', /absolute/],
    ])('in %s', (directory, why) => refused(directory, why));

    test('where the archives are', async () => {
      const archive = { directory: join(folder, 'archives/of/mine') };
      await refused(folder, /archives/, { archive });
      mkdirSync(join(archive.directory, 'one'), { recursive: true });
      await refused(join(archive.directory, 'one'), /archives/, { archive });
      // A name that merely begins the same is another one: the file and the directory go.
      make('a');
      expect(
        (await planned(temporaryFiles, context(folder, { archive: { directory: `${folder}-archives` } })))
          .steps,
      ).toHaveLength(2);
    });

    test('where the settings are', async () => {
      const { settings, ...rest } = context();
      const inside = { ...rest, settings: { ...settings, settingsFile: join(folder, 'multiflexi.env') } };
      await expect(temporaryFiles.plan(inside)).rejects.toMatchObject({ code: 'SETTINGS_INVALID' });
    });

    testWhere(name === 'sqlite')('where the database is', async () => {
      const [file = ''] = database.engine.localFiles;
      await refused(dirname(file), /database/);
    });
  });
});
