/** An administrator's own tables, triggers and rules: what they lose, keep or refuse is known before, and after. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { applyPurge, type PurgePlan, planPurge, sameForAll } from '../../src/cleanup/index.ts';
import type { Engine } from '../../src/engines/index.ts';
import { type Database, FINISHED } from '../../src/schema/index.ts';
import { cli } from '../harness/cli.ts';
import { describeEngines, migratedDatabase, testWhere } from '../harness/engines.ts';
import { at, makeCompany, makeHistory, type TestJob } from '../harness/history.ts';

const JOBS = 40;
const ALL = sameForAll(
  null,
  { keep: null, keepPerTemplate: null, keepLastSuccess: false, olderThan: at(JOBS), statuses: FINISHED },
  undefined,
);
const apply = { program: 'prune', waitMs: 0 };

describeEngines('with tables of an administrator', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  beforeEach(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await makeCompany(engine);
    await makeHistory(
      engine,
      Array.from(
        { length: JOBS },
        (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n, artifacts: 2, logs: 1 }),
      ),
      [],
    );
  });
  afterEach(() => database.drop());

  const run = async (...statements: readonly string[]) => {
    for (const statement of statements) await sql.raw(statement).execute(engine.kysely<unknown>());
  };
  const key = name === 'sqlite' ? 'integer' : 'bigint';
  const references = (table: string, column: string, target: string, rule: string) =>
    `create table ${table} (id ${key} not null primary key, ${column} bigint, foreign key (${column}) references ${target} (id) ${rule})`;
  const count = async (table: string) => {
    const { rows } = await sql<{ n: bigint }>`select count(*) as n from ${sql.table(table)}`.execute(
      engine.kysely<unknown>(),
    );
    return Number(rows[0]?.n);
  };
  const jobs = async () =>
    (await engine.kysely<Database>().selectFrom('job').select('id').orderBy('id').execute()).map(
      ({ id }) => id,
    );
  /** All rows of jobs that are left are complete, and none is left without its job. */
  const expectWhole = async (left: readonly bigint[]) => {
    expect(await jobs()).toEqual(left);
    expect([await count('artifacts'), await count('logger')]).toEqual([left.length * 2, left.length]);
  };
  const dependents = ({ dependents: all }: PurgePlan) =>
    all.map(({ table, effect, rows }) => [table, effect, rows]);

  test('rows that would be deleted or lose their link are counted, and lost to nobody who has not said yes', async () => {
    await run(
      references('invoice', 'job_id', 'job', 'on delete cascade'),
      references('line', 'invoice_id', 'invoice', 'on delete cascade').replace(
        'invoice_id bigint',
        `invoice_id ${key}`,
      ),
      references('note', 'job_id', 'job', 'on delete set null'),
      references('scan', 'artifact_id', 'artifacts', 'on delete cascade'),
      'insert into invoice (id, job_id) values (1, 5), (2, 5), (3, 6)',
      'insert into line (id, invoice_id) values (1, 1), (2, 2), (3, 3)',
      'insert into note (id, job_id) values (1, 7)',
      'insert into scan (id, artifact_id) select 1, min(id) from artifacts where job_id = 8',
    );
    const plan = await planPurge(engine, ALL);
    expect(dependents(plan).sort()).toEqual([
      ['invoice', 'deleted', 3],
      ['line', 'deleted', 3],
      ['note', 'unlinked', 1],
      ['scan', 'deleted', 1],
    ]);
    // As a caller who asks nobody: what depends is kept, and so is what it depends on.
    const careful = await applyPurge(engine, plan, apply);
    expect(careful.skipped.rows).toBe(4);
    expect(careful.skipped.named.map(({ table, id }) => `${table} ${id}`).sort()).toEqual([
      'job 5',
      'job 6',
      'job 7',
      'job 8',
    ]);
    expect(careful.skipped.named[0]?.reason).toMatch(/(invoice|line|note|scan) refers to .*on delete/);
    await expectWhole([5n, 6n, 7n, 8n]);
    expect([await count('invoice'), await count('line')]).toEqual([3, 3]);

    const again = await planPurge(engine, ALL);
    const alsoDelete = again.dependents.map((one) => one.key);
    const result = await applyPurge(engine, again, { ...apply, alsoDelete });
    expect(result.skipped.rows).toBe(0);
    expect([...result.dependents].sort((a, b) => (a.table < b.table ? -1 : 1))).toEqual([
      { table: 'invoice', rows: 3 },
      { table: 'line', rows: 3 },
      { table: 'note', rows: 1 },
      { table: 'scan', rows: 1 },
    ]);
    await expectWhole([]);
    expect([await count('invoice'), await count('line'), await count('scan'), await count('note')]).toEqual([
      0, 0, 0, 1,
    ]);
  });

  test('prune refuses with 5, with an archive for good, and says what else it would delete', async () => {
    await run(references('invoice', 'job_id', 'job', 'on delete cascade'));
    await run('insert into invoice (id, job_id) values (1, 5)');
    const directory = mkdtempSync(join(tmpdir(), 'multiflexi-foreign-'));
    const prune = (...options: string[]) =>
      cli(['prune', '--jobs', '--older-than', '1d', '--guard', '100', ...options], database.environment);
    const planned = await prune('--dry-run');
    expect([planned.exit, planned.stdout]).toEqual([
      0,
      expect.stringContaining('1 row of invoice (job_id, on delete cascade) would be deleted as well.'),
    ]);
    const refused = await prune('--no-input');
    expect([refused.exit, refused.stderr]).toEqual([5, expect.stringContaining('1 row of invoice')]);
    const archived = await prune('--yes', '--archive', directory);
    expect([archived.exit, archived.stderr]).toEqual([5, expect.stringContaining('1 row of invoice')]);
    expect(readdirSync(directory).filter((file) => !file.startsWith('.'))).toEqual([]);
    expect(await count('invoice')).toBe(1);
    await expectWhole(Array.from({ length: JOBS }, (_, n) => BigInt(n + 1)));
    const confirmed = await prune('--yes', '-f', 'json');
    expect([confirmed.exit, JSON.parse(confirmed.stdout)]).toMatchObject([
      0,
      { dependents: [{ table_name: 'invoice', rows: 1 }], skipped: { rows: 0 } },
    ]);
    rmSync(directory, { recursive: true });
  });

  test('a run that nobody watches keeps what others depend on, and goes on with the rest', async () => {
    await run(references('invoice', 'job_id', 'job', 'on delete cascade'));
    await run('insert into invoice (id, job_id) values (1, 5)');
    const multiflexi = (...words: string[]) => cli(words, database.environment);
    expect(
      (await multiflexi('retention:set', 'job', '--older-than', '1d', '--no-keep-last-success')).exit,
    ).toBe(0);
    const done = await multiflexi(
      'retention:run',
      '--skip-oversized',
      '--guard',
      '100',
      '--no-input',
      '-f',
      'json',
    );
    expect([done.exit, JSON.parse(done.stdout)]).toMatchObject([7, { skipped: { rows: 1 } }]);
    expect(await count('invoice')).toBe(1);
    await expectWhole([5n]);
  });

  test('a job that something refers to is skipped with its reason, and all others are deleted', async () => {
    await run(references('ticket', 'job_id', 'job', ''));
    await run('insert into ticket (id, job_id) values (1, 3), (2, 17)');
    const plan = await planPurge(engine, ALL);
    expect(dependents(plan)).toEqual([['ticket', 'keep', 2]]);
    const done = await cli(
      ['prune', '--jobs', '--older-than', '1d', '--guard', '100', '-y', '-f', 'json'],
      database.environment,
    );
    expect([done.exit, JSON.parse(done.stdout)]).toMatchObject([
      7,
      {
        skipped: {
          rows: 2,
          named: [
            { table_name: 'job', id: 3, reason: expect.stringContaining('ticket refers to it (job_id') },
            { table_name: 'job', id: 17 },
          ],
        },
      },
    ]);
    await expectWhole([3n, 17n]);
  });

  test('very many jobs that something refers to keep no others', async () => {
    const many = 5_100;
    await makeHistory(
      engine,
      Array.from(
        { length: many + JOBS },
        (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: 0, artifacts: 0, logs: 0 }),
      ),
      [],
    );
    await run(
      references('ticket', 'job_id', 'job', ''),
      'create index ticket_job on ticket (job_id)',
      `insert into ticket (id, job_id) select id, id from job where id <= ${many}`,
    );
    const { skipped } = await applyPurge(engine, await planPurge(engine, ALL), apply);
    expect(skipped.rows).toBe(many);
    expect(await count('job')).toBe(many);
  });

  test('jobs that refer to each other are deleted one after the other, whatever the rule', async () => {
    const column = name === 'sqlite' ? 'parent_id bigint references job (id)' : 'parent_id bigint';
    await run(`alter table job add column ${column}`);
    if (name !== 'sqlite')
      await run('alter table job add constraint parents foreign key (parent_id) references job (id)');
    await run(
      'update job set parent_id = id - 1 where id in (2, 3, 4)',
      "update job set status = 'running', parent_id = 9 where id = 10",
    );
    const result = await applyPurge(engine, await planPurge(engine, ALL), apply);
    expect(result.skipped.named).toMatchObject([{ table: 'job', id: 9n }]);
    await expectWhole([9n, 10n]);
  });

  test.each(['', 'on delete cascade'])(
    'what a job that is kept refers to is kept as well, however far it is away: %s',
    async (rule) => {
      const column = name === 'sqlite' ? `parent_id bigint references job (id) ${rule}` : 'parent_id bigint';
      await run(`alter table job add column ${column}`);
      if (name !== 'sqlite')
        await run(
          `alter table job add constraint parents foreign key (parent_id) references job (id) ${rule}`,
        );
      await run(
        'update job set parent_id = id - 1 where id in (8, 9, 10)',
        "update job set status = 'running' where id = 10",
      );
      const result = await applyPurge(engine, await planPurge(engine, ALL), apply);
      expect(result.skipped.named.map(({ id }) => id).sort()).toEqual([7n, 8n, 9n]);
      await expectWhole([7n, 8n, 9n, 10n]);
    },
  );

  test('a log entry that is held is not lost with the one that it refers to', async () => {
    const column =
      name === 'sqlite' ? 'parent_id bigint references logger (id) on delete cascade' : 'parent_id bigint';
    await run(`alter table logger add column ${column}`);
    if (name !== 'sqlite')
      await run(
        'alter table logger add constraint parents foreign key (parent_id) references logger (id) on delete cascade',
      );
    await run(
      'update logger set parent_id = (select id from (select min(id) as id from logger) as oldest) where job_id = 5',
    );
    await engine
      .kysely<Database>()
      .insertInto('retention_hold')
      .values({ job_id: 5n, reason: 'dispute', created_at: at(0) } as never)
      .execute();
    const logs = sameForAll(null, undefined, { keep: null, keepPerCompany: null, olderThan: at(JOBS) });
    const result = await applyPurge(engine, await planPurge(engine, logs), apply);
    expect(result.skipped.named).toMatchObject([{ table: 'logger' }]);
    expect(await count('logger')).toBe(2);
  });

  test('names with dots, spaces, quotes and capitals are names', async () => {
    const db = engine.kysely<unknown>();
    const table = sql.id('Old "in.voices"');
    const link = sql.id('Job.Id of');
    await sql`create table ${table} (id ${sql.raw(key)} not null primary key, ${link} bigint,
      foreign key (${link}) references job (id) on delete cascade)`.execute(db);
    await sql`insert into ${table} (id, ${link}) values (1, 5)`.execute(db);
    const plan = await planPurge(engine, ALL);
    expect(dependents(plan)).toEqual([['Old "in.voices"', 'deleted', 1]]);
    expect((await applyPurge(engine, plan, apply)).skipped.named).toMatchObject([{ table: 'job', id: 5n }]);
    const alsoDelete = plan.dependents.map((one) => one.key);
    const result = await applyPurge(engine, plan, { ...apply, alsoDelete });
    expect(result.dependents).toEqual([{ table: 'Old "in.voices"', rows: 1 }]);
    await expectWhole([]);
  });

  test('foreign keys whose names read the same one behind the other are two', async () => {
    for (const [table, constraint] of [
      ['a b', 'c'],
      ['a', 'b c'],
    ] as const)
      await sql`create table ${sql.id(table)} (id ${sql.raw(key)} not null primary key, job_id bigint,
        constraint ${sql.id(constraint)} foreign key (job_id) references job (id) on delete cascade)`.execute(
        engine.kysely<unknown>(),
      );
    await sql`insert into ${sql.id('a b')} (id, job_id) values (1, 5)`.execute(engine.kysely<unknown>());
    const plan = await planPurge(engine, ALL);
    expect(dependents(plan).sort()).toEqual([
      ['a b', 'deleted', 1],
      ['a', 'deleted', 0],
    ]);
  });

  testWhere(name === 'sqlite')('names are compared as SQLite does, without regard to case', async () => {
    await run(
      'create table Invoice (id integer primary key, job_id integer references JOB (ID) on delete cascade)',
      'create table line (id integer primary key, invoice_id integer references INVOICE (id) on delete cascade)',
      'insert into invoice (id, job_id) values (1, 5)',
      'insert into line (id, invoice_id) values (1, 1)',
      'create trigger keeps before delete on JOB when old.id = 7 begin select raise(ignore); end',
    );
    const plan = await planPurge(engine, ALL);
    expect(dependents(plan)).toEqual([
      ['Invoice', 'deleted', 1],
      ['line', 'deleted', 1],
    ]);
    expect(plan.hooks).toEqual([{ kind: 'trigger', table: 'job', name: 'keeps' }]);
    await applyPurge(engine, plan, apply);
    await expectWhole([5n, 7n]);
  });

  test('however many jobs are referred to, all others are deleted', async () => {
    const many = 5_100;
    await makeHistory(
      engine,
      Array.from(
        { length: many },
        (_, n): TestJob => ({ id: BigInt(n + 1_001), status: 'ok', minute: -1, artifacts: 0, logs: 0 }),
      ),
      [],
    );
    await run(
      references('ticket', 'job_id', 'job', ''),
      'insert into ticket (id, job_id) select id, id from job where id > 1000',
    );
    const result = await applyPurge(engine, await planPurge(engine, ALL), apply);
    expect(result.skipped.rows).toBe(many);
    expect(await count('job')).toBe(many);
  });

  /** A trigger that refuses to delete some rows, or keeps them without a word where an engine knows such. */
  const trigger = (table: string, condition: string, refuses: boolean): string[] => {
    if (name === 'sqlite')
      return [
        `create trigger keeps before delete on ${table} when ${condition} begin select raise(${refuses ? "abort, 'kept by law'" : 'ignore'}); end`,
      ];
    if (name === 'postgresql')
      return [
        `create or replace function keep() returns trigger language plpgsql as $$ begin ${refuses ? "raise exception 'kept by law';" : 'return null;'} end $$`,
        `create trigger keeps before delete on ${table} for each row when (${condition}) execute function keep()`,
      ];
    return [
      `create trigger keeps before delete on ${table} for each row if ${condition} then signal sqlstate '45000' set message_text = 'kept by law'; end if`,
    ];
  };

  test.each([
    ['job', 'old.id in (4, 30)'],
    ['artifacts', 'old.job_id in (4, 30)'],
  ])(
    'a trigger on %s that refuses a row keeps that job alone, with all that is its',
    async (table, condition) => {
      await run(...trigger(table, condition, true));
      const result = await applyPurge(engine, await planPurge(engine, ALL), apply);
      expect(result.skipped.named).toMatchObject([
        { table: 'job', id: 4n, reason: expect.stringContaining('kept by law') },
        { table: 'job', id: 30n },
      ]);
      await expectWhole([4n, 30n]);
    },
  );

  testWhere(name === 'sqlite' || name === 'postgresql').each([
    ['job', 'old.id in (4, 30)'],
    ['artifacts', 'old.job_id in (4, 30)'],
    ['logger', 'old.job_id in (4, 30)'],
  ])('a trigger on %s that keeps a row without a word keeps its job whole', async (table, condition) => {
    await run(...trigger(table, condition, false));
    const result = await applyPurge(engine, await planPurge(engine, ALL), apply);
    expect(result.skipped.named.map(({ table: of, id }) => `${of} ${id}`)).toEqual(['job 4', 'job 30']);
    expect(result.skipped.named[0]?.reason).toMatch(
      /0 of 1 row of job was|0 of \d rows? of (artifacts|logger) (was|were)/,
    );
    await expectWhole([4n, 30n]);
  });

  test('prune does not act beside triggers, of which nobody knows what else they delete, without a yes', async () => {
    await run(...trigger('logger', 'old.job_id in (4)', true));
    const prune = (...options: string[]) =>
      cli(['prune', '--jobs', '--older-than', '1d', '--guard', '100', ...options], database.environment);
    const refused = await prune('--no-input');
    expect([refused.exit, refused.stderr]).toEqual([5, expect.stringContaining('trigger keeps on logger')]);
    await expectWhole(Array.from({ length: JOBS }, (_, n) => BigInt(n + 1)));
    expect((await prune('--yes')).exit).toBe(7);
    await expectWhole([4n]);
  });

  testWhere(name === 'postgresql')('a rule that does something instead is noticed', async () => {
    await run('create rule kept as on delete to logger where old.job_id = 4 do instead nothing');
    const plan = await planPurge(engine, ALL);
    expect(plan.hooks).toEqual([{ kind: 'rule', table: 'logger', name: 'kept' }]);
    const result = await applyPurge(engine, plan, apply);
    expect(result.skipped.named).toMatchObject([{ table: 'job', id: 4n }]);
    await expectWhole([4n]);
  });

  test('a large job of which one artifact cannot be archived loses nothing of the others', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'multiflexi-large-'));
    const large: TestJob = { id: 1n, status: 'ok', minute: 0, artifacts: 2_500, logs: 1 };
    await makeHistory(engine, [large, { ...large, id: 2n, minute: 1, artifacts: 1 }], []);
    const content = Buffer.alloc(200 * 1024);
    await engine.bulkLoad({
      table: 'artifacts',
      columns: ['job_id', 'filename', 'content', 'created_at'],
      rows: [[1n, 'huge.bin', content, at(0)]],
    });
    const archive = { directory, all: true, largestRow: 100 * 1024 };
    const result = await applyPurge(engine, await planPurge(engine, ALL), { ...apply, archive });
    expect(result.skipped.named).toMatchObject([
      { table: 'job', id: 1n, reason: expect.stringContaining('more than 102400') },
    ]);
    expect([await jobs(), await count('artifacts'), await count('logger')]).toEqual([[1n], 2_501, 1]);
    rmSync(directory, { recursive: true });
  });

  test('log entries, tokens and the history of runs that cannot be deleted are skipped one by one', async () => {
    const db = engine.kysely<Database>();
    await run(references('quote', 'logger_id', 'logger', ''));
    await makeHistory(engine, [], [1, 2, 3, 4, 5, 6]);
    await run('insert into quote (id, logger_id) values (1, 3)');
    await db
      .insertInto('user')
      .values({ id: 1n, login: 'somebody', email: 'a@example.org' } as never)
      .execute();
    for (const token of ['one', 'two', 'three'])
      await db
        .insertInto('token')
        .values({ user_id: 1n, token, until: at(1) })
        .execute();
    await run(references('login', 'token_id', 'token', ''), 'insert into login (id, token_id) values (1, 2)');
    const book = {
      ...sameForAll(null, undefined, { keep: null, keepPerCompany: null, olderThan: at(100) }),
      tokensBefore: at(2),
    };
    const result = await applyPurge(engine, await planPurge(engine, book), apply);
    expect(result.skipped.named.map(({ table, id }) => `${table} ${id}`).sort()).toEqual([
      'logger 3',
      'token 2',
    ]);
    expect([await count('logger'), await count('token')]).toEqual([1, 1]);
  });
});
