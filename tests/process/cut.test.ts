/** The connection is cut while the program is at work: it ends with 4 and one message, and the next run finishes. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/schema/index.ts';
import { cli, finished, startCli } from '../harness/cli.ts';
import { administer, describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';

describeEngines('a connection that is cut', (name) => {
  if (name === 'sqlite') {
    test('is none on sqlite: the file has no connection', () => expect(name).toBe('sqlite'));
    return;
  }
  const server = name;
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase(name);
  });
  afterAll(() => database.drop());

  /** Ends every session of this database, as an administrator or a broken network would. */
  async function cut(): Promise<void> {
    const { DB_DATABASE = '' } = database.environment;
    if (server === 'postgresql') {
      return administer(
        server,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${DB_DATABASE}'`,
      );
    }
    const watcher = await database.open('inspect');
    // MySQL's information_schema.processlist fails on emoji in a statement of any session.
    const { rows } = await sql<{ Id: bigint; db: string; Info: string | null }>`show processlist`.execute(
      watcher.kysely<unknown>(),
    );
    const others = rows.filter(({ db, Info }) => db === DB_DATABASE && !Info?.startsWith('show processlist'));
    for (const { Id: id } of others) await administer(server, `kill ${id}`).catch(() => {}); // It may have ended by itself.
    await watcher.close();
  }

  /** Starts the program with its log of statements, and cuts when the log has the word. */
  async function cutWhen(word: string, ...words: string[]) {
    const child = startCli([...words, '-v'], database.environment);
    let cutting: Promise<void> | undefined;
    child.stderr.on('data', (text: Buffer) => {
      if (text.includes(word)) cutting ??= cut();
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

  test('while migrating', { timeout: 120_000 }, async () => {
    for (const word of ['create table "company"', 'create table `job`', 'create table "job"', 'add column']) {
      const quoted = server === 'postgresql' ? word : word.replaceAll('"', '`');
      const done = await cutWhen(quoted, 'db:migrate');
      // It may have been too quick for the cut.
      if (done.exit !== 0) expectLost(done);
      expect((await cli(['db:migrate'], database.environment)).exit).toBe(0);
      expect((await cli(['db:verify'], database.environment)).stdout).toContain(
        'is the one that the migrations make',
      );
      expect((await cli(['db:rollback', '-t', '0', '--yes'], database.environment)).exit).toBe(0);
    }
    expect((await cli(['db:migrate'], database.environment)).exit).toBe(0);
    expect(lost).toBeGreaterThan(0);
  });

  test('while pruning, and no job is left half', { timeout: 120_000 }, async () => {
    lost = 0;
    expect((await cli(['sample:load', '--jobs', '6000'], database.environment)).exit).toBe(0);
    for (const word of ['delete from', 'select "id"', 'select `id`']) {
      const done = await cutWhen(word, 'prune', '--jobs', '--logs', '--keep', '100', '--yes');
      if (done.exit !== 0) expectLost(done);
      const engine = await database.open();
      const db = engine.kysely<Database>();
      const orphans = await db
        .selectFrom('artifacts')
        .leftJoin('job', 'job.id', 'artifacts.job_id')
        .where('job.id', 'is', null)
        .select('artifacts.id')
        .execute();
      expect(orphans).toEqual([]);
      await engine.close();
    }
    expect(lost).toBeGreaterThan(0);
    expect(
      (await cli(['prune', '--jobs', '--logs', '--keep', '100', '--yes'], database.environment)).exit,
    ).toBe(0);
    const size = await cli(['db:size', '--exact', '-f', 'json'], database.environment);
    expect(
      JSON.parse(size.stdout).tables.find((table: { table_name: string }) => table.table_name === 'logger')
        .rows,
    ).toBe(100);
  });
});
