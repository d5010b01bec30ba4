/** Every engine connects in every way it offers, and says clearly when it cannot. */
import { createServer } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ServerSettings } from '../../src/engines/index.ts';
import { openEngine } from '../../src/engines/index.ts';
import { isMultiFlexiError, type MultiFlexiError } from '../../src/errors.ts';
import { describeEngines, freshDatabase, serverOf, type TestDatabase } from '../harness/engines.ts';

const PRODUCTS = {
  sqlite: /^SQLite \d/,
  mysql: /^MySQL \d/,
  mariadb: /^MariaDB \d/,
  postgresql: /^PostgreSQL \d/,
};

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

  test('tells its product from the server itself', async () => {
    const engine = await database.open('create');
    expect(engine.name).toBe(name);
    expect(engine.product).toMatch(PRODUCTS[name]);
    await engine.close();
  });

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
        code: 'SERVER_UNREACHABLE',
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
