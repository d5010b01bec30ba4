/** What a session cannot be made into is refused before anything is done, by the name of the setting. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrate } from '../../src/migrations/index.ts';
import { cli } from '../harness/cli.ts';
import { describeOn, freshOn, isAvailable, serverOf, type TestDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';
import { type HostileServer, type Hostility, provideHostile } from '../harness/hostile-account.ts';
import { runIn, runOn } from '../servers/index.ts';

describeOn(['mysql', 'mariadb'], 'a server that logs statements', (name) => {
  let hostile: HostileServer | undefined;
  beforeAll(async () => {
    hostile = await provideHostile(name, [
      '--log-bin=binlog',
      '--server-id=1',
      '--binlog-format=STATEMENT',
      '--loose-log-bin-trust-function-creators=1',
    ]);
  });
  afterAll(() => hostile?.stop());

  test('is refused before anything is made, unless the account may log rows', async ({ skip }) => {
    if (!hostile) return skip('no server of its own is to be had');
    const { server } = hostile;
    const database = await hostile.database({});
    const tables = () =>
      runOn(
        server,
        `select table_name as name from information_schema.tables where table_schema = '${database.environment.DB_DATABASE}'`,
      );
    const refused = await cli(['db:migrate'], database.environment);
    expect([refused.exit, refused.stderr]).toEqual([5, expect.stringContaining('binlog_format = ROW')]);
    expect(await tables()).toEqual([]);
    expect((await cli(['db:status'], database.environment)).exit).toBe(3);
    const { user: DB_USERNAME, password: DB_PASSWORD } = server;
    const done = await cli(['db:migrate'], { ...database.environment, DB_USERNAME, DB_PASSWORD });
    expect([done.exit, done.stderr]).toEqual([0, expect.anything()]);
    // What can be loaded into any other server.
    const [lock] = await runOn(
      server,
      `select table_collation as collation_, row_format as format from information_schema.tables
       where table_schema = '${database.environment.DB_DATABASE}' and table_name = 'multiflexi_lock'`,
    );
    expect(lock).toEqual({ collation_: 'utf8mb4_bin', format: 'Dynamic' });
    // MIXED logs rows where statements will not do.
    await runOn(server, 'set global binlog_format = MIXED');
    const again = await cli(['prune', '--jobs', '--keep', '1', '--yes'], database.environment);
    expect([again.exit, again.stderr]).toEqual([0, expect.anything()]);
    // What the server runs at each login fails.
    await runOn(server, "set global init_connect = 'select * from nowhere.at_all'");
    const atTheDoor = await cli(['db:status', '--wait-for-database', '60'], database.environment);
    expect([atTheDoor.exit, atTheDoor.stderr]).toEqual([
      4,
      expect.stringContaining('Next: The server runs init_connect for this account, and it fails'),
    ]);
    await runOn(server, "set global init_connect = ''");
    await database.drop();
  });
});

describe.skipIf(!isAvailable('postgresql'))('a role on postgresql', () => {
  let hostile: HostileServer | undefined;
  beforeAll(async () => {
    hostile = await provideHostile('postgresql', []);
  });

  async function withRole(
    hostility: Hostility,
    work: (database: TestDatabase) => Promise<void>,
  ): Promise<void> {
    const database = await (hostile as HostileServer).database(hostility);
    await work(database).finally(() => database.drop());
  }

  test.for([
    ['session_replication_role', 'replica', 'foreign keys and triggers would be off'],
    ['zero_damaged_pages', 'on', 'damaged pages'],
    ['ignore_checksum_failure', 'on', 'damaged rows'],
  ])('whose %s is %s is refused, as it may not set it otherwise', ([setting = '', value = '', why = '']) =>
    withRole({ [setting]: value }, async (database) => {
      const { exit, stderr } = await cli(['db:migrate'], database.environment);
      expect([exit, stderr]).toEqual([5, expect.stringContaining(setting)]);
      expect(stderr).toContain(why);
      expect(stderr).toMatch(/^Next: .*Set /m);
    }),
  );

  test.for(['nowhere', "'public, nowhere'", "''", 'pg_catalog'])(
    'whose search_path is %s is told so at once, by every command',
    (path) =>
      withRole({ search_path: path }, async (database) => {
        for (const words of [['db:status'], ['db:migrate', '--wait', '60']]) {
          const started = performance.now();
          const { exit, stdout, stderr } = await cli(words, database.environment);
          expect([exit, stdout]).toEqual([5, '']);
          expect(stderr).toMatch(/search_path is \S/);
          expect(performance.now() - started).toBeLessThan(20_000);
        }
      }),
  );

  test('that may make nothing in the first schema of its search_path is told what to do', () =>
    withRole({ search_path: 'closed, public' }, async (database) => {
      const { server } = hostile as HostileServer;
      const { DB_DATABASE = '', DB_USERNAME = '' } = database.environment;
      await runIn(
        server,
        DB_DATABASE,
        `create schema closed; grant usage on schema closed to ${DB_USERNAME}`,
      );
      const { exit, stderr } = await cli(['db:migrate'], database.environment);
      expect([exit, stderr]).toEqual([1, expect.stringContaining('permission denied for schema closed')]);
      expect(await (await database.open()).tableNames().catch(() => 'closed')).toEqual([]);
    }));

  test('from which policies hide rows deletes nothing that it cannot see', () =>
    withRole({}, async (database) => {
      const { server } = hostile as HostileServer;
      const { DB_DATABASE = '', DB_USERNAME = '' } = database.environment;
      const admin = await freshEngineOf(database);
      await migrate(admin, { program: 'test', waitMs: 0 });
      await makeCompany(admin);
      const jobs = Array.from({ length: 30 }, (_, n) => ({ id: BigInt(n + 1), minute: n }));
      await makeHistory(
        admin,
        jobs.map((job) => ({ ...job, status: 'ok', artifacts: 2, logs: 1 })),
        [],
      );
      await admin.close();
      await runIn(
        server,
        DB_DATABASE,
        `grant select, insert, update, delete on all tables in schema public to ${DB_USERNAME};
         alter table artifacts enable row level security;
         create policy half on artifacts using (id % 2 = 0)`,
      );
      const directory = mkdtempSync(join(tmpdir(), 'multiflexi-archive-'));
      const words = ['prune', '--jobs', '--keep', '1', '--guard', '100', '--yes', '--archive', directory];
      const { exit, stderr } = await cli(words, database.environment);
      expect([exit, stderr]).toEqual([1, expect.stringContaining('row-level security')]);
      expect(stderr).toMatch(/^Next: .*BYPASSRLS/m);
      const [rows] = await runIn(server, DB_DATABASE, 'select count(*)::int as n from artifacts');
      expect(rows).toEqual({ n: 60 });
      expect(readdirSync(directory).filter((file) => !file.endsWith('.partial'))).toEqual([]);
      rmSync(directory, { recursive: true });
    }));

  test.for(['LATIN2', 'SQL_ASCII'])(
    'in a database in %s is refused before anything is made',
    async (encoding) => {
      const server = serverOf('postgresql');
      const name = `mf_${encoding.toLowerCase()}_${process.pid}`;
      await runOn(
        server,
        `create database ${name} encoding '${encoding}' template template0 lc_collate 'C' lc_ctype 'C'`,
      );
      const database = await freshOn(server);
      const { exit, stderr } = await cli(['db:migrate'], { ...database.environment, DB_DATABASE: name });
      expect([exit, stderr]).toEqual([5, expect.stringContaining(`encoding ${encoding}`)]);
      await runOn(server, `drop database ${name}`);
      await database.drop();
    },
  );

  /** As the superuser, whose tables they then are. */
  async function freshEngineOf({ environment }: TestDatabase) {
    const { openEngine } = await import('../../src/engines/index.ts');
    const { host, port, user: username, password } = serverOf('postgresql');
    const database = environment.DB_DATABASE ?? '';
    const tls = { mode: 'off' } as const;
    return openEngine(
      { connection: 'pgsql', host, port, socket: undefined, database, username, password, tls },
      'create',
    );
  }
});
