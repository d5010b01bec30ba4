/** Policies and holds from the command line, as an administrator uses them. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { cli } from '../harness/cli.ts';
import { describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';

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
    expect((await run('retention:list')).stdout).toContain('There is no policy');
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
    expect(await json(0, 'retention:hold', '--job', '1', '--reason', 'audit')).toEqual({ held: true });
    expect(await json(0, 'retention:explain', '1')).toMatchObject({ goes: false, reasons: ['it is held'] });
    expect((await run('retention:explain', '1')).stdout).toMatch(/^Job 1 \(.*\) stays:\n {2}it is held$/m);

    const refused = await run('retention:run', '--no-input');
    expect([refused.exit, refused.stderr]).toEqual([5, expect.stringContaining('More than 50 % would go')]);
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

  test.each([
    [['retention:set', 'jobs', '--older-than', '1d'], /must be one of/],
    [['retention:set', 'job'], /neither an age nor a number/],
    [['retention:set', 'job', '--older-than', '0d'], /must be an age/],
    [['retention:set', 'job', '--older-than', '-1d'], /must be an age/],
    [['retention:set', 'job', '--older-than', '99999y'], /must be an age/],
    [['retention:set', 'job', '--keep-last', '99999999999'], /whole number/],
    [['retention:set', 'job', '--older-than', '1d', '--company', 'nobody'], /no company nobody/],
    [['retention:set', 'job', '--older-than', '1d', '--run-template', '99999'], /no run template/],
    [
      ['retention:set', 'job', '--older-than', '1d', '--company', '1', '--run-template', '1'],
      /cannot be used with/,
    ],
    [['retention:hold', '--reason', 'x'], /of one thing/],
    [['retention:hold', '--job', '1'], /--reason/],
    [['retention:hold', '--job', '1', '--reason', ' '], /not blank/],
    [['retention:hold', '--job', '1', '--until', '2020-01-01', '--reason', 'x'], /day to come/],
    [['retention:hold', '--job', '99999', '--reason', 'x'], /no job 99999/],
    [['retention:release', '7'], /no hold 7/],
    [['retention:release', 'x'], /digits alone/],
    [['retention:explain', '99999999999999999999'], /digits alone/],
    [['prune', '--plan', '/nowhere/at/all'], /no such file/],
    [['prune', '--plan', '/etc/hostname'], /is no plan/],
  ])('refuses %j', async (words, message) => {
    const { exit, stderr } = await run(...words);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect([1, 7, 64]).toContain(exit);
  });
});
