/** Rebuilding tables from the command line: what is said first, what is asked, and what goes wrong in the middle. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine, EngineName } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { untilBlocked } from '../harness/blocked-session.ts';
import { JOBS, makeBulkyHistory, purgeMost } from '../harness/bulky-history.ts';
import { cli, finished, startCli } from '../harness/cli.ts';
import { dataDigest } from '../harness/digests.ts';
import {
  describeEngines,
  migratedDatabase,
  serverOf,
  type TestDatabase,
  testWhere,
} from '../harness/engines.ts';
import { runIn, runOn } from '../servers/index.ts';

const MEBI = 1024 * 1024;
const TABLES = ['job', 'artifacts', 'logger'];
const WITHIN_MS = 10_000;

type Opened = TestDatabase & { readonly engine: Engine };
type Child = ReturnType<typeof startCli>;

/** Whom it blocks, so that it has to be confirmed. */
const ASKS: Readonly<Record<EngineName, boolean>> = {
  sqlite: true,
  postgresql: true,
  mysql: false,
  mariadb: false,
};

describeEngines('db:optimize', (name) => {
  let database: Opened;
  let digest: string;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    await makeBulkyHistory(database.engine);
    await purgeMost(database.engine);
    digest = await dataDigest(database.engine, TABLES);
  });
  afterAll(() => database.drop());
  const run = (...words: string[]) => cli(words, database.environment);
  const json = async (...words: string[]) => {
    const done = await run(...words, '-f', 'json');
    return { ...done, document: JSON.parse(done.stdout) };
  };
  const nowFree = () => json('db:optimize', 'artifacts', '--dry-run');

  test('says first what comes back, what it takes and whom it blocks, and changes nothing', async () => {
    const { exit, document } = await nowFree();
    expect(exit).toBe(0);
    expect(document).toMatchObject({ dry_run: true, unit: name === 'sqlite' ? 'database' : 'table' });
    const [table] = document.tables;
    expect(table).toMatchObject({
      table_name: name === 'sqlite' ? null : 'artifacts',
      reason: 'named',
      rebuild: true,
      expected_milliseconds: null,
      last_rebuilt_at: null,
    });
    expect(table.needs[0].bytes).toBeGreaterThan(0);
    expect(document.confirmations).toHaveLength(ASKS[name] ? 1 : 0);
    const text = await run('db:optimize', 'artifacts', '--dry-run');
    expect(text.stdout).toMatch(/^How: .*\nLocks: /m);
    expect(text.stdout).toMatch(/\n {2}takes: unknown before the first rebuild\n/);
    expect(text.stdout).toMatch(/Nothing was changed\.\n$/);
  });

  test('leaves alone what is not worth it', async () => {
    const { exit, document } = await json('db:optimize', '--min-bytes', '4G', '--dry-run');
    expect(exit).toBe(0);
    expect(document.tables.filter(({ rebuild }: { rebuild: boolean }) => rebuild)).toEqual([]);
    const empty = document.tables.find(
      ({ table_name }: { table_name: string }) => table_name === 'retention_hold',
    );
    // One without rows has no statistics, and nothing to be unknown.
    expect(empty?.reason).toBe(name === 'sqlite' ? undefined : 'too-little');
    expect(document.confirmations).toEqual([]);
    const text = await run('db:optimize', '--min-bytes', '4G', '--dry-run');
    expect(text.stdout).toMatch(/^The largest known gain is .* \(.*\)\. \S.*\.$/m);
    const done = await run('db:optimize', '--min-bytes', '4G');
    expect([done.exit, done.stdout]).toEqual([0, 'Nothing was rebuilt.\n']);
  });

  test.each([
    [['db:optimize', 'artefacts'], 64, /no table artefacts in .*did you mean artifacts\?/],
    [['db:vacuum', 'artefacts'], 64, /did you mean artifacts\?/],
    [['db:analyze', 'jobb'], 64, /did you mean job\?/],
    [['db:analyze', 'job', '--all'], 64, /not both/],
    [['db:optimize', '--min-bytes', '-5'], 64, /It must be a number of bytes/],
    [['db:optimize', '--min-share', '101'], 64, /whole number from 0 to 100/],
    [['db:optimize', '--lock-timeout', '0s'], 64, /must be a time/],
  ])('refuses %j', async (words, status, message) => {
    const { exit, stderr } = await run(...words);
    expect([exit, stderr]).toEqual([status, expect.stringMatching(message)]);
  });

  test('refuses a view', async () => {
    await sql`create view job_view as select id from job`.execute(database.engine.kysely());
    for (const command of ['db:optimize', 'db:analyze', 'db:vacuum']) {
      const { exit, stderr } = await run(command, 'job_view');
      expect([exit, stderr]).toEqual([64, expect.stringContaining('job_view is a view')]);
    }
    await sql`drop view job_view`.execute(database.engine.kysely());
  });

  test.runIf(ASKS[name])('does nothing that blocks others before exactly that is confirmed: 5', async () => {
    const refused = await run('db:optimize', 'artifacts');
    expect(refused.exit).toBe(5);
    expect(refused.stderr).toMatch(/Nobody else can .* while it is rebuilt/);
    const other = await run('db:optimize', 'artifacts', '--confirm', '00000000');
    expect([other.exit, other.stderr]).toEqual([5, expect.stringContaining('something else')]);
    expect((await nowFree()).document.tables[0].last_rebuilt_at).toBeNull();
  });

  test('waits no longer for its lock than it may: 1, and who holds it where the server tells', async () => {
    await withHeld(database, async () => {
      const started = performance.now();
      const { exit, stderr } = await run('db:optimize', 'artifacts', '--yes', '--lock-timeout', '1s');
      expect(performance.now() - started).toBeLessThan(WITHIN_MS);
      expect([exit, stderr]).toEqual([1, expect.stringMatching(/Another session (?:holds|held) a lock/)]);
      if (name === 'postgresql') expect(stderr).toMatch(/: session \d+ \(user /);
      if (name === 'mysql') expect(stderr).toMatch(/: connection \d+ \(user /);
    });
    // The history is in the file that is held.
    if (name !== 'sqlite') expect((await lastRun(database.engine)).outcome).toBe('failed');
  });

  test('is not begun while a purge is running: 6', async () => {
    const lock = await database.engine.lock({ name: 'prune', program: 'somebody', waitMs: 0 });
    const { exit, stderr } = await run('db:optimize', 'artifacts', '--yes');
    expect([exit, stderr]).toEqual([6, expect.stringContaining('somebody')]);
    await lock.release();
  });

  test('gives back what was deleted, and keeps every row', async () => {
    const { document: plan } = await nowFree();
    const confirm = ASKS[name] ? ['--confirm', plan.confirmations[0].confirmed_by] : [];
    const { exit, document } = await json('db:optimize', 'artifacts', ...confirm);
    expect(exit).toBe(0);
    expect(document.rebuilt).toHaveLength(1);
    const [{ before_bytes: before, after_bytes: after }] = document.rebuilt;
    expect(before).toBeGreaterThan(20 * MEBI);
    expect(after).toBeLessThan(before / 3);
    // A floor: no more than really comes back.
    expect(plan.tables[0].at_least_back_bytes ?? 0).toBeLessThanOrEqual(before - after);
    expect(await dataDigest(database.engine, TABLES)).toBe(digest);
    const recorded = await lastRun(database.engine);
    expect(recorded).toMatchObject({ outcome: 'done', bytes: BigInt(before - after) });
  });

  test('remembers that, and does not advise it again before more has become free', async () => {
    const { document } = await nowFree();
    expect(document.tables[0]).toMatchObject({
      last_rebuilt_at: expect.any(String),
      expected_milliseconds: expect.any(Number),
    });
    const again = await json('db:optimize', '--min-bytes', '1', '--min-share', '0', '--dry-run');
    const [table] = again.document.tables.filter(
      ({ table_name }: { table_name: string | null }) =>
        table_name === (name === 'sqlite' ? null : 'artifacts'),
    );
    expect(['too-little', 'rebuilt-before']).toContain(table.reason);
  });

  test('tells what VACUUM does, or that nothing is to be done', async () => {
    const { exit, document } = await json('db:vacuum', 'artifacts');
    const itself = name === 'mysql' || name === 'mariadb';
    expect([exit, document.stopped, document.does_it_itself]).toEqual([0, null, itself]);
    expect(document.backlog === null).toBe(!itself);
    const { stdout } = await run('db:vacuum');
    expect(stdout.includes('there is nothing to do')).toBe(itself);
    expect(await dataDigest(database.engine, TABLES)).toBe(digest);
  });
});

describeEngines('a rebuild that is ended in the middle', (name) => {
  let database: Opened;
  let digest: string;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    const { engine } = database;
    await makeBulkyHistory(engine);
    // So much that its middle can be met.
    for (let times = 0; times < 2; times++)
      await sql`insert into artifacts (job_id, filename, content, created_at)
        select job_id, filename, content, created_at from artifacts where job_id <= ${BigInt(JOBS)}`.execute(
        engine.kysely<unknown>(),
      );
    digest = await dataDigest(engine, TABLES);
  });
  afterAll(() => database.drop());
  const start = () => startCli(['db:optimize', 'artifacts', '--yes'], database.environment);

  test('by SIGTERM ends within ten seconds, and leaves nothing behind', async () => {
    const child = start();
    const done = finished(child);
    await untilRewriting(name, database, child);
    const sent = performance.now();
    child.kill('SIGTERM');
    const { exit, stderr } = await done;
    expect(performance.now() - sent).toBeLessThan(WITHIN_MS);
    expect([exit, stderr]).toEqual([1, expect.stringContaining('Error: Interrupted by SIGTERM')]);
    expect(stderr).not.toContain('abandoned');
    expect((await lastRun(database.engine)).outcome).toBe('interrupted');
    await expectUnharmed();
  });

  test('by kill -9 leaves every row and nothing else, and the next one works', async () => {
    const child = start();
    const done = finished(child);
    const helper = await untilRewriting(name, database, child);
    child.kill('SIGKILL');
    await done;
    await expect.poll(() => worksOn(name, database, helper), { timeout: 60_000, interval: 200 }).toBe(false);
    await expectUnharmed();
    const { exit } = await cli(['db:optimize', 'artifacts', '--yes'], database.environment);
    expect(exit).toBe(0);
    const runs = await database.engine
      .kysely<Database>()
      .selectFrom('housekeeping_run')
      .select('outcome')
      .orderBy('id')
      .execute();
    expect(runs.map(({ outcome }) => outcome)).toEqual(['interrupted', 'interrupted', 'done']);
    await expectUnharmed();
  });

  testWhere(name === 'postgresql')(
    'by kill -9 while it waits for its lock keeps nobody waiting behind it',
    async () => {
      await withHeld(database, async () => {
        const child = startCli(
          ['db:optimize', 'artifacts', '--yes', '--lock-timeout', '10m'],
          database.environment,
        );
        const done = finished(child);
        await untilBlocked(database);
        child.kill('SIGKILL');
        await done;
        await expect.poll(() => worksOn(name, database, 0), { timeout: 10_000, interval: 100 }).toBe(false);
      });
      await expectUnharmed();
    },
  );

  async function expectUnharmed(): Promise<void> {
    expect(await dataDigest(database.engine, TABLES)).toBe(digest);
    expect(await leftBehind(name, database)).toEqual([]);
  }
});

async function lastRun(engine: Engine) {
  return engine
    .kysely<Database>()
    .selectFrom('housekeeping_run')
    .select(['outcome', 'bytes', 'note'])
    .where('duty', '=', 'optimize')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow();
}

/** Somebody else has the table in an open transaction, which on SQLite is one that writes. */
async function withHeld({ open }: TestDatabase, work: () => Promise<void>): Promise<void> {
  const other = await open();
  await other
    .kysely<unknown>()
    .transaction()
    .execute(async (transaction) => {
      await sql`select count(*) from artifacts`.execute(transaction);
      await work();
    });
  await other.close();
}

/** What finds the statement at its work, and not while it waits; `$` is the database's name. */
const REWRITING: Readonly<Record<Exclude<EngineName, 'sqlite'>, string>> = {
  postgresql: "select 1 from pg_stat_progress_cluster where datname = '$' and heap_blks_scanned > 0",
  mysql: "select 1 from performance_schema.processlist where db = '$' and state like 'alter%'",
  mariadb: "select 1 from information_schema.processlist where db = '$' and state like 'alter%'",
};

/** @returns the process that works on a file; 0 on servers */
async function untilRewriting(name: EngineName, database: TestDatabase, child: Child): Promise<number> {
  for (let tries = 4_000; tries > 0; tries--) {
    if (name === 'sqlite') {
      const helper = helperOf(child, database);
      if (helper !== undefined) return helper;
      await sleep(2);
    } else {
      const statement = REWRITING[name].replace('$', database.environment.DB_DATABASE ?? '');
      if ((await runOn(serverOf(name), statement)).length > 0) return 0;
    }
    if (child.exitCode !== null) throw new Error('it has ended before it was seen at its work');
  }
  throw new Error('it was not seen at its work');
}

/** The child that has opened a temporary file, which is where the copy is written. */
function helperOf({ pid }: Child, { environment }: TestDatabase): number | undefined {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return children
    .split(' ')
    .filter((one) => one !== '')
    .map(Number)
    .find((one) =>
      filesOf(one).some(
        (file) => file.includes('etilqs_') || file.includes(`${environment.DB_DATABASE}-wal`),
      ),
    );
}

function filesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => {
      try {
        return readlinkSync(`/proc/${pid}/fd/${fd}`);
      } catch {
        return '';
      }
    });
  } catch {
    return [];
  }
}

/** Whether a process or a session of it is still there. */
async function worksOn(name: EngineName, { environment }: TestDatabase, helper: number): Promise<boolean> {
  if (name === 'sqlite') return filesOf(helper).length > 0;
  const database = environment.DB_DATABASE ?? '';
  const list = {
    postgresql: `select 1 from pg_stat_activity where datname = '${database}' and query like 'vacuum (full%' and state = 'active'`,
    mysql: `select 1 from performance_schema.processlist where db = '${database}' and info like 'alter table%'`,
    mariadb: `select 1 from information_schema.processlist where db = '${database}' and info like 'alter table%'`,
  };
  return (await runOn(serverOf(name), list[name])).length > 0;
}

/** Half-built tables, as the server lists them to its superuser. */
async function leftBehind(name: EngineName, { environment }: TestDatabase): Promise<unknown[]> {
  const database = environment.DB_DATABASE ?? '';
  if (name === 'sqlite')
    return readdirSync(dirname(database)).filter(
      (file) => file.includes('journal') || file.includes('etilqs'),
    );
  const engine = { mysql: 'innodb_tables', mariadb: 'innodb_sys_tables' } as const;
  if (name !== 'postgresql')
    return runOn(
      serverOf(name),
      `select name from information_schema.${engine[name]} where name like '${database}/#sql%'`,
    );
  return runIn(serverOf(name), database, "select relname from pg_class where relname ~ '^pg_temp_|_ccnew'");
}
