/**
 * The connection is cut while the program is at work: it ends with 4 and one message, and the next run finishes; a purge
 * connects again by itself.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/schema/index.ts';
import { cli, finished, startCli } from '../harness/cli.ts';
import { cutSessions } from '../harness/cut-sessions.ts';
import { describeOn, freshDatabase, type TestDatabase } from '../harness/engines.ts';
import { SERVER_ENGINES } from '../servers/index.ts';

describeOn(SERVER_ENGINES, 'a connection that is cut', (name) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase(name);
  });
  afterAll(() => database.drop());

  /** Starts the program with its log of statements, and cuts when the log has this. */
  async function cutWhen(statement: RegExp, ...words: string[]) {
    const child = startCli([...words, '-v'], database.environment);
    let [log, cutting]: [string, Promise<void> | undefined] = ['', undefined];
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (!cutting && statement.test(log)) cutting = cutSessions(database);
    });
    const done = await finished(child);
    await cutting;
    return done;
  }

  let lost = 0;
  function expectLost({ exit, stderr }: Awaited<ReturnType<typeof cutWhen>>): void {
    const told = stderr.split('\n').filter((line) => !line.startsWith('{') && !line.startsWith('  '));
    expect(told.join('\n')).toMatch(/^Error: The connection to the .* was lost|^Error: Cannot reach/m);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(exit).toBe(4);
    lost++;
  }

  test('while migrating: it ends with 4 and one message, and the next run finishes', {
    timeout: 120_000,
  }, async () => {
    // Its log is JSON.
    for (const statement of [/create table \\?["`]company/, /create table \\?["`]job\\?["`]/, /add column/]) {
      const done = await cutWhen(statement, 'db:migrate');
      // It may have been too quick for the cut.
      if (done.exit !== 0) expectLost(done);
      expect((await cli(['db:migrate'], database.environment)).exit).toBe(0);
      expect((await cli(['db:verify'], database.environment)).stdout).toContain('matches the migrations');
      expect((await cli(['db:rollback', '-t', '0', '--yes'], database.environment)).exit).toBe(0);
    }
    expect((await cli(['db:migrate'], database.environment)).exit).toBe(0);
    expect(lost).toBeGreaterThan(0);
  });

  test('while pruning: it connects again and finishes, and no job is left half', {
    timeout: 120_000,
  }, async () => {
    // Forced, where it is tried again.
    const load = ['sample:load', '--jobs', '6000', '--force'];
    expect((await cli(load, database.environment)).exit).toBe(0);
    const directory = mkdtempSync(join(tmpdir(), 'multiflexi-cut-'));
    let reconnections = 0;
    for (const [statement, keep, archive] of [
      [/delete from/, '3000', []],
      // The plan has transactions as well.
      [/delete from.*commit/s, '1500', ['--archive', directory]],
      [/for update/, '100', ['--archive', directory]],
    ] as const) {
      const words = ['prune', '--jobs', '--logs', '--keep', keep, '--yes', '-f', 'json', ...archive];
      const done = await cutWhen(statement, ...words);
      expect([done.exit, done.stderr.match(/^\s+at .*/m)]).toEqual([0, null]);
      const times = JSON.parse(done.stdout).reconnections;
      expect(done.stderr.match(/was lost.*Retrying in|Cannot reach.*Retrying in/g) ?? []).toHaveLength(times);
      reconnections += times;
      const engine = await database.open();
      const db = engine.kysely<Database>();
      const orphans = await db
        .selectFrom('artifacts')
        .leftJoin('job', 'job.id', 'artifacts.job_id')
        .where('job.id', 'is', null)
        .select('artifacts.id')
        .execute();
      expect(orphans).toEqual([]);
      const logs = await db
        .selectFrom('logger')
        .select(({ fn }) => fn.countAll<bigint>().as('n'))
        .execute();
      expect(logs).toEqual([{ n: BigInt(keep) }]);
      await engine.close();
    }
    expect(reconnections).toBeGreaterThan(0);
    const verified = await cli(['archive:verify', '--archive', directory], database.environment);
    expect(verified.exit).toBe(0);
    rmSync(directory, { recursive: true });
  });
});
