/** Policies and holds from the command line, as an administrator uses them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { cli, type Finished } from '../harness/cli.ts';
import {
  describeEngines,
  freshDatabase,
  isAvailable,
  migratedDatabase,
  type TestDatabase,
} from '../harness/engines.ts';

type Refusal = readonly [words: readonly string[], message: RegExp];

/** What the database does not have. */
const UNKNOWN: readonly Refusal[] = [
  [['retention:set', 'job', '--older-than', '1d', '--company', 'nobody'], /no company nobody/],
  [['retention:set', 'job', '--older-than', '1d', '--run-template', '99999'], /no run template/],
  [['retention:hold', '--job', '9223372036854775807', '--reason', 'x'], /no job 9223372036854775807/],
  [['retention:hold', '--job', '99999', '--reason', 'x'], /no job 99999/],
  [['retention:release', '7'], /no hold 7/],
  [['retention:explain', '9223372036854775807'], /no job 9223372036854775807/],
];

const MISTAKEN: readonly Refusal[] = [
  [['retention:set', 'jobs', '--older-than', '1d'], /must be one of/],
  [['retention:set', 'job'], /needs an age or a number to keep/],
  [['retention:set', 'job', '--older-than', '0d'], /must be an age/],
  [['retention:set', 'job', '--older-than', '-1d'], /must be an age/],
  [['retention:set', 'job', '--older-than', '99999y'], /must be an age/],
  [['retention:set', 'job', '--keep-last', '99999999999'], /whole number/],
  [
    ['retention:set', 'job', '--older-than', '1d', '--company', '1', '--run-template', '1'],
    /cannot be used with/,
  ],
  [['retention:hold', '--reason', 'x'], /one thing/],
  [['retention:hold', '--job', '1'], /--reason/],
  [['retention:hold', '--job', '1', '--reason', ' '], /a single line/],
  [['retention:hold', '--job', '1', '--until', '2020-01-01', '--reason', 'x'], /today or a later day/],
  [['retention:hold', '--job', '1', '--until', '2027-02-30', '--reason', 'x'], /today or a later day/],
  [
    ['retention:hold', '--job', '1', '--until', '2020-01-01T00:00:00Z', '--reason', 'x'],
    /today or a later day/,
  ],
  [['retention:hold', '--job', '9223372036854775808', '--reason', 'x'], /at most 9223372036854775807/],
  [['retention:release', 'x'], /only digits/],
  [['retention:explain', '99999999999999999999'], /at most 9223372036854775807/],
  [['prune', '--plan', '/nowhere/at/all'], /no such file/],
  [['prune', '--plan', '/etc/hostname'], /is not a plan/],
];

describeEngines('retention on the command line', (name) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase(name);
    await run('db:migrate');
    await run('sample:load', '--jobs', '600', '--days', '60', '--until', '2026-01-31');
  });
  afterAll(() => database.drop());

  async function run(...words: string[]) {
    return cli(words, database.environment);
  }
  async function json(exit: number, ...words: string[]) {
    const done = await run(...words, '-f', 'json');
    expect([words, done.exit, exit === 0 ? done.stderr : '']).toEqual([words, exit, '']);
    return JSON.parse(done.stdout);
  }

  test('leads from no policy to a purge that spares what is held', { timeout: 120_000 }, async () => {
    expect((await run('retention:list')).stdout).toContain('There are no policies');
    const { policy_id } = await json(
      0,
      'retention:set',
      'job',
      '--older-than',
      '30d',
      '--keep-last',
      '3',
      '--note',
      'tested',
    );
    expect(await json(0, 'retention:list')).toMatchObject({
      policies: [
        {
          id: policy_id,
          max_age_days: 30,
          keep_last: 3,
          keep_last_success: true,
          run_template_id: null,
          note: 'tested',
        },
      ],
      holds: [],
    });
    const plan = await json(0, 'retention:plan');
    const jobs = plan.tables.find(({ table_name }: { table_name: string }) => table_name === 'job').rows;
    expect(jobs).toBeGreaterThan(100);

    expect(await json(0, 'retention:explain', '1')).toMatchObject({
      job_id: 1,
      policy_id,
      goes: true,
      reasons: expect.arrayContaining([expect.stringContaining('older than 30 days')]),
    });
    expect(await json(0, 'retention:hold', '--job', '1', '--reason', 'audit')).toEqual({
      held: true,
      until: null,
    });
    expect(await json(0, 'retention:explain', '1')).toMatchObject({ goes: false, reasons: ['it is held'] });
    const why = (await run('retention:explain', '1')).stdout;
    expect(why).toMatch(/^Job 1 \(.*\) is kept:\n {2}it is held$/m);
    expect(why).toMatch(/^It has been old enough to be deleted since \d{4}-\d\d-\d\d \d\d:\d\d \(UTC\)\.$/m);

    const refused = await run('retention:run', '--no-input');
    expect([refused.exit, refused.stderr]).toEqual([
      5,
      expect.stringContaining('This would delete more than 50 % of the jobs'),
    ]);
    const file = join(inject('home'), `${name}.plan`);
    expect((await json(0, 'retention:plan', '--save-plan', file)).plan_file).toBe(file);
    const done = JSON.parse((await run('prune', '--plan', file, '--yes', '-f', 'json')).stdout);
    expect(done.tables).toContainEqual({ table_name: 'job', rows: jobs - 1 });
    expect((await run('prune', '--plan', file, '--yes')).exit).toBe(0);
    expect((await json(0, 'retention:plan')).tables).toContainEqual({
      table_name: 'job',
      rows: 0,
      with_their_job: 0,
      bytes_estimate: 0,
    });

    const [{ id }] = (await json(0, 'retention:list')).holds;
    expect(await json(0, 'retention:release', String(id))).toEqual({ released: true });
    expect((await json(0, 'retention:run')).tables).toContainEqual({ table_name: 'job', rows: 1 });
    expect(await json(0, 'retention:remove', String(policy_id))).toEqual({ removed: true });
    expect((await run('retention:explain', '1')).exit).toBe(64);
  });

  test('says how long a hold lasts, a whole day for a date', async () => {
    const held = async (...words: string[]) => {
      const done = await run('retention:hold', '--run-template', '1', '--reason', 'x', ...words);
      expect([done.exit, done.stderr]).toEqual([0, '']);
      return done.stdout.trim();
    };
    expect(await held()).toBe('Held: run template 1, until it is released.');
    expect(await held('--until', '2999-11-27')).toBe(
      'Held: run template 1, until the end of 2999-11-27 (UTC).',
    );
    expect(await held('--until', '2999-11-27T12:30:00+01:00')).toBe(
      'Held: run template 1, until 2999-11-27 11:30 (UTC).',
    );
    const today = new Date().toISOString().slice(0, 10);
    await held('--until', today);
    const list = (await run('retention:list')).stdout;
    for (const words of [
      'until it is released',
      'until the end of 2999-11-27 (UTC)',
      'until 2999-11-27 11:30 (UTC)',
    ])
      expect(list).toContain(words);
    expect(list).not.toContain('(ended)');
    const { holds } = await json(0, 'retention:list');
    expect(holds.map(({ until }: { until: string | null }) => until)).toEqual(
      expect.arrayContaining([null, '2999-11-28 00:00:00.000000', '2999-11-27 11:30:00.000000']),
    );
    for (const { id } of holds) await json(0, 'retention:release', String(id));
  });

  test.each(UNKNOWN)('refuses %j', async (words, message) => {
    expectRefused(await run(...words), message);
  });
});

/** Words alone tell these, whatever the engine: they are tried on one. */
describe.runIf(isAvailable('sqlite'))('retention on the command line', () => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  beforeAll(async () => {
    database = await migratedDatabase('sqlite');
  });
  afterAll(() => database.drop());

  test.each(MISTAKEN)('refuses %j', async (words, message) => {
    expectRefused(await cli(words, database.environment), message);
  });

  test('an archive that is named has all that is deleted, though no policy archives', async () => {
    const archives = mkdtempSync(join(tmpdir(), 'multiflexi-archives-'));
    const run = async (...words: string[]) => {
      const { exit, stdout, stderr } = await cli([...words, '-f', 'json'], database.environment);
      expect([exit, exit === 0 ? '' : stderr]).toEqual([0, '']);
      return JSON.parse(stdout);
    };
    try {
      await run('sample:load', '--jobs', '120', '--days', '60', '--until', '2026-01-31');
      await run('retention:set', 'job', '--older-than', '30d');
      const { archive, tables } = await run('retention:run', '--archive', archives, '--yes');
      expect(tables[0].rows).toBeGreaterThan(0);
      expect(archive.tables).toEqual(expect.arrayContaining(tables));
    } finally {
      rmSync(archives, { recursive: true });
    }
  });
});

function expectRefused({ exit, stderr }: Finished, message: RegExp): void {
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect([1, 7, 64]).toContain(exit);
}
