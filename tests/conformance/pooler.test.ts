/** Behind a pooler: a session that others share is refused, one of our own works as the server's does. */
import { once } from 'node:events';
import { sql } from 'kysely';
import pg from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { openEngine, type ServerSettings } from '../../src/engines/index.ts';
import { cli } from '../harness/cli.ts';
import { describeOn, freshDatabase, isAvailable, serverOf, type TestDatabase } from '../harness/engines.ts';
import { type Multiplexer, multiplex } from '../harness/multiplexer.ts';
import { processFile, startForTest } from '../harness/processes.ts';
import { type Bouncer, type BouncerWords, provideBouncer } from '../servers/index.ts';

interface Behind {
  readonly database: TestDatabase;
  readonly settings: ServerSettings;
  readonly environment: Readonly<Record<string, string>>;
}

describe.skipIf(!isAvailable('postgresql'))('PgBouncer', () => {
  let bouncer: Bouncer | undefined;
  let database: TestDatabase | undefined;
  afterEach(async () => {
    await bouncer?.stop();
    await database?.drop();
    bouncer = undefined;
    database = undefined;
  });

  async function behind(words: BouncerWords): Promise<Behind | undefined> {
    bouncer = await provideBouncer(serverOf('postgresql'), words);
    if (!bouncer) return undefined;
    database = await freshDatabase('postgresql');
    const { port } = bouncer;
    return {
      database,
      settings: { ...(database.settings as ServerSettings), port },
      environment: { ...database.environment, DB_PORT: String(port) },
    };
  }

  test('in transaction mode is refused: four at once do nothing, where three had "the lock"', async ({
    skip,
  }) => {
    // One that drops parameters of the start without a word, as many are told to.
    const its = await behind({ mode: 'transaction', options: { ignore_startup_parameters: 'options' } });
    if (!its) return skip('no PgBouncer is to be had');
    const runs = await Promise.all(
      [['db:migrate'], ['db:migrate'], ['db:migrate'], ['db:status']].map((run) => cli(run, its.environment)),
    );
    for (const { exit, stderr } of runs) {
      expect([exit, stderr]).toEqual([5, expect.stringMatching(/A pooler .* shares sessions/)]);
      expect(stderr).toMatch(/^Next: .*session mode/m);
    }
    const engine = await its.database.open();
    expect(await engine.tableNames()).toEqual([]);
    await engine.close();
  });

  test.for<BouncerWords>([
    { mode: 'transaction', options: { default_pool_size: 1 } },
    { mode: 'transaction', options: { server_round_robin: 1 } },
    { mode: 'transaction', options: { server_reset_query_always: 1 } },
    { mode: 'statement' },
    { mode: 'statement', options: { default_pool_size: 1 } },
  ])('is refused as %o', async (words, { skip }) => {
    const its = await behind(words);
    if (!its) return skip('no PgBouncer is to be had');
    // A session that an earlier run has set up lies in the pool then.
    for (const access of ['change', 'inspect', 'create'] as const)
      await expect(openEngine(its.settings, access)).rejects.toMatchObject({ code: 'SESSION_SHARED' });
  });

  test('does not let a temporary table hide ours that the client before has left on the session', async ({
    skip,
  }) => {
    const its = await behind({ mode: 'session', options: { server_reset_query: '', default_pool_size: 1 } });
    if (!its) return skip('no PgBouncer is to be had');
    const admin = await its.database.open('create');
    await sql`create table kept (id int); insert into kept values (1)`.execute(admin.kysely());
    await admin.close();
    const { host, port, username: user, password, database: name } = its.settings;
    const before = new pg.Client({ host, port, user, password, database: name });
    await before.connect();
    await before.query('create temporary table kept (id int)');
    await before.end();
    const engine = await openEngine(its.settings, 'inspect');
    const { rows } = await sql`select * from kept`.execute(engine.kysely());
    expect(rows).toHaveLength(1);
    await engine.close();
  });

  test('is refused while others are busy in the pool', async ({ skip }) => {
    const its = await behind({ mode: 'transaction', options: { default_pool_size: 3 } });
    if (!its) return skip('no PgBouncer is to be had');
    const { host, port, username: user, password, database: name } = its.settings;
    let over = false;
    const others = Array.from({ length: 6 }, async () => {
      const client = new pg.Client({ host, port, user, password, database: name });
      await client.connect();
      while (!over) await client.query('select 1');
      await client.end();
    });
    try {
      for (let round = 0; round < 10; round++)
        await expect(openEngine(its.settings, 'change')).rejects.toMatchObject({ code: 'SESSION_SHARED' });
    } finally {
      over = true;
      await Promise.all(others);
    }
  });

  test('in session mode takes the schema, sets every session up, and locks as the server does', async ({
    skip,
  }) => {
    // What drops parameters of the start without a word must not matter.
    const its = await behind({ mode: 'session', options: { ignore_startup_parameters: 'options' } });
    if (!its) return skip('no PgBouncer is to be had');
    const runs = await Promise.all(Array.from({ length: 3 }, () => cli(['db:migrate'], its.environment)));
    for (const { exit, stderr } of runs) expect([exit, stderr]).toEqual([0, expect.anything()]);
    const engine = await openEngine(its.settings, 'inspect');
    const { rows } = await sql`select current_setting('TimeZone') as zone,
      current_setting('default_transaction_read_only') as reads, current_setting('row_security') as rows`.execute(
      engine.kysely<unknown>(),
    );
    expect(rows).toEqual([{ zone: 'UTC', reads: 'on', rows: 'off' }]);
    // Others of the pool get none of it.
    const direct = await its.database.open();
    const lock = await engine.lock({ name: 'work', program: 'db:test', waitMs: 0 });
    await expect(direct.lock({ name: 'work', program: 'db:test', waitMs: 0 })).rejects.toMatchObject({
      code: 'LOCKED',
    });
    await lock.release();
    await (await direct.lock({ name: 'work', program: 'db:test', waitMs: 5_000 })).release();
    await direct.close();
    await engine.close();
  });

  test('in session mode with one session left to give is not taken for shared', async ({ skip }) => {
    const its = await behind({ mode: 'session', options: { default_pool_size: 1 } });
    if (!its) return skip('no PgBouncer is to be had');
    expect(await cli(['db:status'], its.environment)).toMatchObject({ exit: 3 });
  });

  test('that keeps the lock of a process that has ended is told, with what ends it', async ({ skip }) => {
    // Without its reset query the next client gets the session as the last one left it.
    const its = await behind({ mode: 'session', options: { server_reset_query: '' } });
    if (!its) return skip('no PgBouncer is to be had');
    const child = startForTest(process.execPath, [processFile('locking'), JSON.stringify(its.settings), '']);
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const direct = await its.database.open();
    const error = await direct.lock({ name: 'work', program: 'db:test', waitMs: 500 }).then(
      () => undefined,
      (refused) => refused,
    );
    expect(error).toMatchObject({
      code: 'LOCKED',
      message: expect.stringContaining(`elsewhere (process ${child.pid})`),
      next: expect.stringMatching(/no longer running.* SELECT pg_terminate_backend\(\d+\);/),
    });
    const [, statement = ''] = /(SELECT pg_terminate_backend\(\d+\))/.exec(error.next) ?? [];
    await sql.raw(statement).execute(direct.kysely());
    await (await direct.lock({ name: 'work', program: 'db:test', waitMs: 5_000 })).release();
    await direct.close();
  });
});

describeOn(['mysql', 'mariadb'], 'a proxy that lends sessions by the statement', (name) => {
  let proxy: Multiplexer | undefined;
  afterEach(() => proxy?.close());

  test.for([1, 3])('is refused where it has %i of them', async (sessions) => {
    const database = await freshDatabase(name);
    const settings = database.settings as ServerSettings;
    proxy = await multiplex(settings, sessions);
    const through = { ...settings, port: proxy.port };
    await expect(openEngine(through, 'change')).rejects.toMatchObject({ code: 'SESSION_SHARED', exit: 5 });
    const engine = await database.open();
    expect(await engine.tableNames()).toEqual([]);
    await engine.close();
    await database.drop();
  });

  test('is not refused where it keeps a session for each client, and locks there', async () => {
    const database = await freshDatabase(name);
    const settings = database.settings as ServerSettings;
    proxy = await multiplex(settings, 'each its own');
    const engine = await openEngine({ ...settings, port: proxy.port }, 'change');
    const lock = await engine.lock({ name: 'work', program: 'db:test', waitMs: 0 });
    await lock.release();
    await engine.close();
    await database.drop();
  });
});
