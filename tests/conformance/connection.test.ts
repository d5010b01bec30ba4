/** Every engine connects in every way it offers, and says clearly when it cannot. */
import { realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import { type Kysely, sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection, ServerSettings } from '../../src/engines/index.ts';
import { openEngine } from '../../src/engines/index.ts';
import { isMultiFlexiError, type MultiFlexiError } from '../../src/errors.ts';
import { describeEngines, freshDatabase, serverOf, type TestDatabase } from '../harness/engines.ts';
import { describeRole } from '../harness/role.ts';

const PRODUCTS = {
  sqlite: /^SQLite \d/,
  mysql: /^MySQL \d/,
  mariadb: /^MariaDB \d/,
  postgresql: /^PostgreSQL \d/,
};

const TABLES = [
  'create table con_parent (id bigint not null primary key)',
  'create table con_child (id bigint not null primary key, parent_id bigint not null, foreign key (parent_id) references con_parent (id) on delete cascade)',
];

describeRole<Connection>('connection', {
  name: ({ engine, name }) => expect(engine.name).toBe(name),

  product: ({ engine, name }) => expect(engine.product).toMatch(PRODUCTS[name]),

  supportedUntil: ({ engine }) => {
    const { supportedUntil } = engine;
    if (supportedUntil !== null)
      expect(new Date(supportedUntil).toISOString().slice(0, 10)).toBe(supportedUntil);
    if (/PostgreSQL 15|MariaDB 10\.11/.test(engine.product)) expect(supportedUntil).toMatch(/^202[78]-/);
  },

  serverProducts: async ({ engine }) => expect(await engine.serverProducts()).toEqual([]),

  where: ({ engine, database: { environment } }) => {
    expect(engine.where).toContain(environment.DB_DATABASE);
    if (environment.DB_HOST !== undefined)
      expect(engine.where).toContain(`${environment.DB_HOST}:${environment.DB_PORT}`);
    if (environment.DB_PASSWORD) expect(engine.where).not.toContain(environment.DB_PASSWORD);
  },

  localFiles: ({ engine, database: { settings } }) =>
    expect(engine.localFiles).toEqual(settings.connection === 'sqlite' ? [realpathSync(settings.file)] : []),

  capabilities: async ({ engine, run, value }) => {
    const { rowLocks, skipLocked, ddlKeepsRows, extremeInstants, statementsBlock } = engine.capabilities;
    const does = (statement: string) =>
      run(statement).then(
        () => true,
        () => false,
      );
    await run(...TABLES, 'insert into con_parent values (1)', 'insert into con_child values (1, 1)');
    expect(await does('select id from con_parent for update')).toBe(rowLocks);
    expect(await does('select id from con_parent for update skip locked')).toBe(skipLocked);

    const instant = { name: 'at', type: { kind: 'datetime' }, comment: 'when', nullable: true } as const;
    const [make] = engine.ddl.createTable({
      name: 'con_instant',
      comment: '',
      primaryKey: ['at'],
      columns: [{ ...instant, nullable: false }],
    });
    await run(make?.sql ?? '');
    expect(await does("insert into con_instant values ('infinity')")).toBe(extremeInstants);

    // A timer has its turn in the middle of a statement, or not.
    await run('create table con_digit (id bigint not null primary key)');
    await engine.bulkLoad({
      table: 'con_digit',
      columns: ['id'],
      rows: Array.from({ length: 170 }, (_, id) => [BigInt(id)]),
    });
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await value(
      'select count(*) from con_digit as a, con_digit as b, con_digit as c where a.id + b.id <> c.id',
    );
    clearInterval(timer);
    expect(turns < 5).toBe(statementsBlock);

    // Where the table cannot be dropped, its rows are kept as well.
    await does('drop table con_parent');
    expect(await value('select count(*) from con_child')).toBe(ddlKeepsRows ? 1n : 0n);
  },

  fingerprint: async ({ engine, other, name }) => {
    const own = await engine.fingerprint();
    expect(own).toMatch(/\d/);
    expect(await other.fingerprint()).toBe(own);
    const elsewhere = await freshDatabase(name);
    const stranger = await elsewhere.open('create');
    expect(await stranger.fingerprint()).not.toBe(own);
    await stranger.close();
    await elsewhere.drop();
  },

  clock: async ({ engine, name }) => {
    const { clock } = engine;
    const before = Date.now();
    const { rows } = await sql<{ now: bigint }>`select ${clock} as now`.execute(engine.kysely<unknown>());
    expect(typeof rows[0]?.now).toBe('bigint');
    // The server of the tests is on this machine.
    expect(Number(rows[0]?.now)).toBeGreaterThan(before - 50);
    expect(Number(rows[0]?.now)).toBeLessThan(Date.now() + 50);

    // As a transaction goes on, and (on servers) a statement: a lease is not to be judged by an hour that is over.
    const nap = { sqlite: null, postgresql: 'pg_sleep(0.3)', mysql: 'sleep(0.3)', mariadb: 'sleep(0.3)' }[
      name
    ];
    const read = async (db: Kysely<unknown>, what = sql`select ${clock} as one, null, ${clock} as other`) => {
      const { rows: read } = await sql<{ one: bigint; other: bigint }>`${what}`.execute(db);
      return read[0] ?? { one: 0n, other: 0n };
    };
    await engine
      .kysely<unknown>()
      .transaction()
      .execute(async (db) => {
        const { one } = await read(db);
        await new Promise((resolve) => setTimeout(resolve, 60));
        const { other } = await read(db);
        expect(Number(other - one)).toBeGreaterThanOrEqual(55);
        if (nap === null) return;
        const slow = await read(db, sql`select ${clock} as one, ${sql.raw(nap)} as nap, ${clock} as other`);
        expect(Number(slow.other - slow.one)).toBeGreaterThan(250);
      });
  },

  kysely: async ({ engine, run }) => {
    await run('create table con_word (word varchar(10) not null primary key)');
    const db = engine.kysely<{ con_word: { word: string } }>();
    await db.insertInto('con_word').values({ word: 'žába' }).execute();
    const counted = await db
      .selectFrom('con_word')
      .select((word) => ['word', word.fn.countAll<bigint>().as('n')])
      .groupBy('word')
      .execute();
    expect(counted).toEqual([{ word: 'žába', n: 1n }]);
    await expect(db.insertInto('con_word').values({ word: 'žába' }).execute()).rejects.toMatchObject({
      code: 'CONSTRAINT',
    });
  },

  close: async ({ database, engine }) => {
    const third = await database.open();
    await third.tableNames();
    await third.close();
    await expect(third.tableNames()).rejects.toThrow();
    expect(await engine.tableNames()).toBeInstanceOf(Array);
  },
});

describeEngines('connecting', (name) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await freshDatabase(name);
  });
  afterAll(() => database.drop());

  const failing = async (change: Partial<ServerSettings>): Promise<MultiFlexiError> => {
    const error = await openEngine({ ...(database.settings as ServerSettings), ...change }, 'change').then(
      (engine) => engine.close(),
      (failure: unknown) => failure,
    );
    if (!isMultiFlexiError(error))
      throw new Error(`not refused, or not by an error of the catalogue: ${error}`);
    return error;
  };

  test('keeps sessions in UTC and foreign keys on', async () => {
    const engine = await database.open('create');
    const db = engine.kysely<unknown>();
    for (const table of ['conform_child', 'conform_parent'])
      await sql`drop table if exists ${sql.table(table)}`.execute(db);
    const { rows } = await sql<{
      now: unknown;
    }>`select ${sql.raw(name === 'sqlite' ? "strftime('%H', 'now')" : 'extract(hour from current_timestamp)')} as now`.execute(
      db,
    );
    expect([new Date(Date.now() - 5000).getUTCHours(), new Date().getUTCHours()]).toContain(
      Number(rows[0]?.now),
    );
    await engine.close();
  });

  if (name !== 'sqlite') {
    test('takes a Unix socket', async () => {
      const { socket } = serverOf(name);
      if (socket === undefined) return; // A server of the environment may be on another machine.
      const engine = await openEngine(
        { ...(database.settings as ServerSettings), socket, host: 'nowhere.invalid' },
        'change',
      );
      expect(await engine.tableNames()).toEqual([]);
      await engine.close();
    });

    test('encrypts, and verifies the certificate when asked to', async () => {
      const { tlsCa } = serverOf(name);
      if (tlsCa === undefined) return; // Said by the servers at their start: no openssl on this machine.
      const cipher =
        name === 'postgresql'
          ? sql`select cipher as value from pg_stat_ssl where pid = pg_backend_pid()`
          : sql`show session status like 'Ssl_cipher'`;
      for (const tls of [{ mode: 'require' }, { mode: 'verify', ca: tlsCa }] as const) {
        const engine = await openEngine({ ...(database.settings as ServerSettings), tls }, 'change');
        const { rows } = await cipher.execute(engine.kysely<unknown>());
        expect(JSON.stringify(rows)).toMatch(/TLS_|ECDHE|AES/);
        await engine.close();
      }
      const untrusted = await failing({ tls: { mode: 'verify' } });
      expect(untrusted).toMatchObject({
        code: 'TLS_REFUSED',
        message: expect.stringMatching(/certificate/i),
      });
    });

    test('a wrong password is refused without repeating it', async () => {
      const error = await failing({ password: 'wr0ng-s3cret' });
      expect(error.code).toBe('LOGIN_REFUSED');
      expect(JSON.stringify([error.report(), String(error.cause), error.stack])).not.toContain(
        'wr0ng-s3cret',
      );
    });

    test('a blank password is refused too, whatever ~/.pgpass or PGPASSWORD say', async () => {
      process.env.PGPASSWORD = serverOf(name).password;
      try {
        expect((await failing({ password: '' })).code).toBe('LOGIN_REFUSED');
      } finally {
        delete process.env.PGPASSWORD;
      }
    });

    test('a database that does not exist is named', async () => {
      expect(await failing({ database: 'no_such_database' })).toMatchObject({
        code: 'DATABASE_MISSING',
        message: expect.stringContaining('no_such_database'),
      });
    });

    test('a closed port is named with its host', async () => {
      expect(await failing({ port: await closedPort() })).toMatchObject({
        code: 'SERVER_UNREACHABLE',
        message: expect.stringMatching(/127\.0\.0\.1:\d+: the connection was refused/),
      });
    });

    test('an unknown host is named', async () => {
      expect(await failing({ host: 'no-such-host.invalid' })).toMatchObject({
        code: 'SERVER_UNREACHABLE',
        message: expect.stringContaining('no-such-host.invalid'),
      });
    });

    test('a server that hangs up is unreachable', async () => {
      const rude = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
      await new Promise((resolve) => rude.once('listening', resolve));
      const address = rude.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      expect((await failing({ port })).code).toBe('SERVER_UNREACHABLE');
      rude.close();
    });

    test('a certificate file that is not there is named', async () => {
      expect(await failing({ tls: { mode: 'verify', ca: '/no/such/ca.pem' } })).toMatchObject({
        code: 'SETTINGS_INVALID',
        message: expect.stringContaining('/no/such/ca.pem'),
      });
    });
  }
});

describe('a wrong kind of server', () => {
  test('is not mistaken for the right one', async () => {
    const echo = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await new Promise((resolve) => echo.once('listening', resolve));
    const address = echo.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    for (const connection of ['mysql', 'pgsql'] as const) {
      const settings = {
        connection,
        host: '127.0.0.1',
        port,
        socket: undefined,
        database: 'x',
        username: 'x',
        password: 'x',
        tls: { mode: 'off' },
      } as const;
      await expect(openEngine(settings, 'change')).rejects.toMatchObject({ exit: 4 });
    }
    echo.close();
  });
});

/** A port on which nothing listens: one that was free a moment ago. */
async function closedPort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const address = probe.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
