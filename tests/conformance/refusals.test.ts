/** What a server says when it refuses or fails is told in its own words, with a step that can help with just that. */
import { randomBytes } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Engine, openEngine, type ServerSettings } from '../../src/engines/index.ts';
import { isMultiFlexiError, type MultiFlexiError } from '../../src/errors.ts';
import { cli } from '../harness/cli.ts';
import {
  administer,
  describeOn,
  freshDatabase,
  isAvailable,
  serverOf,
  type TestDatabase,
} from '../harness/engines.ts';
import { untilGone } from '../harness/running-statement.ts';
import { runIn, SERVER_ENGINES } from '../servers/index.ts';

describeOn(SERVER_ENGINES, 'a refusal', (name) => {
  let database: TestDatabase;
  let settings: ServerSettings;
  const users: string[] = [];
  beforeAll(async () => {
    database = await freshDatabase(name);
    settings = database.settings as ServerSettings;
  });
  afterAll(async () => {
    await database.drop();
    for (const user of users)
      await administer(name, name === 'postgresql' ? `drop role ${user}` : `drop user '${user}'@'%'`);
  });

  const newUser = () => {
    const user = `r_${randomBytes(5).toString('hex')}`;
    users.push(user);
    return user;
  };
  const opening = (change: Partial<ServerSettings>) =>
    failure(() => openEngine({ ...settings, ...change }, 'change'));

  if (name === 'postgresql') {
    test('of a role that may not log in, of a database that takes nobody, of a right to connect', async () => {
      const role = newUser();
      await administer(name, `create role ${role} nologin password '${role}'`);
      expect(await opening({ username: role, password: role })).toMatchObject({
        code: 'LOGIN_REFUSED',
        next: expect.stringContaining('ALTER ROLE … LOGIN'),
      });
      await administer(name, `alter role ${role} login`);
      await administer(name, `revoke connect on database ${settings.database} from public`);
      const login = { username: role, password: role };
      expect(await opening(login)).toMatchObject({
        code: 'LOGIN_REFUSED',
        message: expect.stringContaining('permission denied for database'),
      });
      await administer(name, `grant connect on database ${settings.database} to public`);
      await administer(name, `alter role ${role} connection limit 0`);
      // This passes: others log out.
      expect(await opening(login)).toMatchObject({
        code: 'SERVER_UNREACHABLE',
        message: expect.stringContaining('too many connections for role'),
      });
      const closed = await freshDatabase(name);
      const { database: closedName } = closed.settings as ServerSettings;
      await administer(name, `alter database ${closedName} allow_connections false`);
      expect(await opening({ database: closedName })).toMatchObject({
        code: 'LOGIN_REFUSED',
        exit: 4,
        message: expect.stringContaining('not currently accepting connections'),
        next: expect.stringContaining('ALLOW_CONNECTIONS'),
      });
      await closed.drop();
    });
  } else {
    test('of an account that is locked, expired, without its plugin, or wants encryption', async () => {
      const user = newUser();
      const login = { username: user, password: user };
      await administer(name, `create user '${user}'@'%' identified by '${user}' account lock`);
      await administer(name, `grant all privileges on ${settings.database}.* to '${user}'@'%'`);
      expect(await opening(login)).toMatchObject({
        code: 'LOGIN_REFUSED',
        next: expect.stringContaining('ACCOUNT UNLOCK'),
      });
      await administer(name, `alter user '${user}'@'%' account unlock`);
      await administer(name, `alter user '${user}'@'%' password expire`);
      expect(await opening(login)).toMatchObject({
        code: 'LOGIN_REFUSED',
        next: expect.stringContaining('has expired'),
      });
      await administer(name, `alter user '${user}'@'%' identified by '${user}'`);
      await administer(name, `alter user '${user}'@'%' require ssl`);
      expect(await opening(login)).toMatchObject({
        code: 'LOGIN_REFUSED',
        next: expect.stringContaining('DB_TLS=require'),
      });
      await administer(name, `alter user '${user}'@'%' require none`);
      await administer(
        name,
        name === 'mysql'
          ? `update mysql.user set plugin = 'not_there' where user = '${user}'`
          : `update mysql.global_priv set priv = json_set(priv, '$.plugin', 'not_there') where user = '${user}'`,
      );
      await administer(name, 'flush privileges');
      expect(await opening(login)).toMatchObject({
        code: 'LOGIN_REFUSED',
        message: expect.stringContaining('not_there'),
        next: expect.stringContaining('ALTER USER'),
      });
    });

    test('of an account of localhost names the socket, and of an odd password what is odd', async () => {
      expect(await opening({ password: 'wrong-one' })).toMatchObject({
        next: expect.stringContaining('DB_SOCKET'),
      });
      expect((await opening({ password: 'half\nof it' })).next).toContain('line break');
      expect((await opening({ password: '"quoted' })).next).toContain('quote');
    });
  }

  test('is final where waiting does not help', { timeout: 60_000 }, async () => {
    const other = name === 'postgresql' ? 'mysql' : 'postgresql';
    const wrong: Record<string, string>[] = [
      { DB_PASSWORD: 'wrong-one' },
      { DB_DATABASE: 'not_there' },
      { DB_TLS: 'verify' },
      ...(isAvailable(other) ? [{ DB_PORT: String(serverOf(other).port) }] : []),
    ];
    for (const change of wrong) {
      const started = performance.now();
      const words = ['db:status', '--wait-for-database', '300'];
      const { exit, stderr } = await cli(words, { ...database.environment, ...change });
      expect([change, exit, stderr]).toEqual([change, 4, expect.stringMatching(/^Error: /m)]);
      expect(performance.now() - started).toBeLessThan(30_000);
    }
  });

  test('by another kind of server says what it looks like', async () => {
    const kinds: [greeting: string | undefined, answer: string | undefined, what: string][] = [
      ['SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n', undefined, 'an SSH server'],
      [undefined, 'HTTP/1.1 400 Bad Request\r\n\r\n', 'an HTTP server'],
    ];
    for (const [greeting, answer, what] of kinds) {
      const fake = createServer((socket: Socket) => {
        socket.on('error', () => {});
        if (greeting !== undefined) socket.write(greeting);
        if (answer !== undefined) socket.once('data', () => socket.end(answer));
      }).listen(0, '127.0.0.1');
      await new Promise((resolve) => fake.once('listening', resolve));
      const { port } = fake.address() as { port: number };
      expect(await opening({ port })).toMatchObject({
        code: 'WRONG_SERVER',
        exit: 4,
        message: expect.stringContaining(what),
      });
      fake.close();
    }
    const other = name === 'postgresql' ? 'mariadb' : 'postgresql';
    if (!isAvailable(other)) return;
    expect(await opening({ port: serverOf(other).port })).toMatchObject({
      code: 'WRONG_SERVER',
      message: expect.stringContaining(
        other === 'postgresql' ? 'looks like a PostgreSQL server' : 'looks like a MySQL or MariaDB server',
      ),
    });
  });

  test('to go on with an idle session is told in the words of the server', async () => {
    const engine = await database.open();
    const limit = {
      postgresql: "set idle_in_transaction_session_timeout = '100ms'",
      mysql: 'set session wait_timeout = 1',
      mariadb: 'set session idle_transaction_timeout = 1',
    }[name];
    const lost = await failure(() =>
      engine
        .kysely<unknown>()
        .transaction()
        .execute(async (transaction) => {
          await sql.raw(limit).execute(transaction);
          if (name === 'mariadb')
            await sql`select count(*) from information_schema.tables`.execute(transaction);
          const { rows } = await sql
            .raw<{ id: bigint | number }>(
              `select ${name === 'postgresql' ? 'pg_backend_pid()' : 'connection_id()'} as id`,
            )
            .execute(transaction);
          await untilGone(name, String(rows[0]?.id));
          await sql`select 1`.execute(transaction);
        }),
    );
    expect(lost.code).toBe('CONNECTION_LOST');
    if (name === 'postgresql') {
      expect(lost.message).toContain('due to idle-in-transaction timeout');
      expect(lost.next).toContain('ALTER ROLE … SET idle_in_transaction_session_timeout = 0');
    }
    if (name === 'mysql') expect(lost.message).toMatch(/inactivity/);
    // The next session is another one.
    await sql`select 1`.execute(engine.kysely<unknown>());
    await engine.close();
  });

  if (name !== 'postgresql') return;

  test('keeps the detail of the server, and no values', async () => {
    const engine = await database.open();
    const run = (statement: string) => sql.raw(statement).execute(engine.kysely<unknown>());
    await run(
      'create table parent (id bigint primary key, secret text unique, small int check (small < 10))',
    );
    await run('create table child (parent_id bigint references parent)');
    await run('create view seen as select id from parent');
    await run("insert into parent values (5, 'tok-12345', 1)");
    await run('insert into child values (5)');
    expect(await failure(() => run('alter table parent drop column id'))).toMatchObject({
      message: expect.stringContaining('view seen depends on'),
      next: expect.stringContaining('what depends on it'),
    });
    expect((await failure(() => run('delete from parent'))).message).toContain(
      'Key (id)=(5) is still referenced from table "child"',
    );
    for (const statement of ["(6, 'tok-12345', 1)", "(6, 'tok-67890', 99)", "(null, 'tok-67890', 1)"]) {
      const { code, message, next } = await failure(() => run(`insert into parent values ${statement}`));
      expect([code, `${message} ${next}`]).toEqual(['CONSTRAINT', expect.not.stringContaining('tok-')]);
    }
    await engine.close();
  });

  test('of an id that is taken names the counter that is behind, and the statement', async () => {
    const engine = await database.open();
    const run = (statement: string) => sql.raw(statement).execute(engine.kysely<unknown>());
    await run('create table counted (id bigint generated by default as identity primary key, what text)');
    await run("insert into counted values (1, 'loaded'), (2, 'loaded')");
    const { message, next } = await failure(() => run("insert into counted (what) values ('new')"));
    expect(message).toContain('Key (id)=(1) already exists');
    const [, statement = ''] = /(SELECT setval.*) FROM counted/.exec(next) ?? [];
    await runIn(serverOf(name), settings.database, `${statement} FROM counted`);
    await run("insert into counted (what) values ('new')");
    await engine.close();
  });
});

async function failure(work: () => Promise<unknown>): Promise<MultiFlexiError> {
  const error = await work().then(
    (done) => (done as Engine | undefined)?.close?.(),
    (refused: unknown) => refused,
  );
  if (!isMultiFlexiError(error))
    throw new Error(`not refused, or not by an error of the catalogue: ${error}`);
  return error;
}
