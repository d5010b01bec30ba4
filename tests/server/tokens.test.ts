/** The console of a service: who has a token of the database enters, and nobody else. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/schema/index.ts';
import { createToken, hashOfToken, listTokens, revokeToken } from '../../src/tasks/index.ts';
import { raw, type TestConsole, testConsole } from '../harness/console.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';

const ORIGIN = 'https://console.example.org';

describeEngines('tokens of the database', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let console: TestConsole;
  let context: { engine: (typeof database)['engine']; program: string };
  let reader: string;
  let maintainer: string;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    context = { engine: database.engine, program: 'test' };
    const users = [{ login: 'reader' }, { login: 'maintainer' }, { login: 'gone', enabled: false }];
    for (const user of users)
      await database.engine.kysely<Database>().insertInto('user').values(user).execute();
    reader = (await createToken(context, { user: 'reader', scope: 'read', until: null })).token;
    maintainer = (await createToken(context, { user: 'maintainer', scope: 'maintain', until: null })).token;
    console = await testConsole(database.environment, {
      access: { kind: 'service', origins: [ORIGIN] },
      limits: { trustMs: 300 },
    });
  });
  afterAll(async () => {
    await console?.close(10_000);
    await database?.drop();
  });
  const HOST = 'Host: console.example.org';
  const ask = (first: string, head: readonly string[], body = '') =>
    raw(
      console,
      `${first} HTTP/1.1`,
      [HOST, ...head, ...(body === '' ? [] : [`Content-Length: ${body.length}`])],
      body,
    );
  const logIn = (token: string) =>
    ask(
      'POST /api/session',
      [`Origin: ${ORIGIN}`, 'Content-Type: application/json'],
      JSON.stringify({ token }),
    );

  test('the database has the hash of a token, not the token', async () => {
    const rows = await database.engine.kysely<Database>().selectFrom('token').selectAll().execute();
    expect(rows.map(({ token }) => token)).toContain(hashOfToken(reader));
    expect(
      JSON.stringify(rows, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toContain(reader);
  });

  test('a script sends it with each request', async () => {
    const answer = await ask('GET /api/db:status', [`Authorization: Bearer ${reader}`]);
    expect(answer.status).toBe(200);
    const head = [`Authorization: Bearer ${reader}`, 'Accept-Encoding: gzip'];
    expect((await ask('GET /api/db:status', head)).headers.get('content-encoding')).toBe('gzip');
    for (const bearer of [`Bearer ${reader}x`, 'Bearer ', `Basic ${reader}`, `Bearer ${hashOfToken(reader)}`])
      expect((await ask('GET /api/db:status', [`Authorization: ${bearer}`])).status, bearer).toBe(401);
  });

  test('read looks and plans, and changes nothing', async () => {
    const head = [`Authorization: Bearer ${reader}`, 'Content-Type: application/json'];
    const body = JSON.stringify({ subject: 'logger', older_than: '90d' });
    const refused = await ask('POST /api/retention:set', head, body);
    expect([refused.status, JSON.parse(refused.body).error.code]).toEqual([403, 'READ_ONLY_ACCOUNT']);
    expect((await ask('GET /api/token:list', head)).status).toBe(403);
    expect((await ask('GET /api/retention:run', head)).status).toBe(200);
    const done = await ask(
      'POST /api/retention:set',
      [`Authorization: Bearer ${maintainer}`, ...head.slice(1)],
      body,
    );
    expect(done.status).toBe(200);
    const history = await ask('GET /api/housekeeper:history?duty=console', head.slice(0, 1));
    expect(history.body).toContain('retention:set by maintainer');
  });

  test('people exchange it for a session, which ends with the token', async () => {
    const { token, id } = await createToken(context, { user: 'maintainer', scope: 'maintain', until: null });
    const answer = await logIn(token);
    expect(answer.status).toBe(201);
    const set = answer.headers.get('set-cookie') ?? '';
    expect(set).toMatch(/^__Host-multiflexi=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    const [cookie = ''] = set.split(';');
    expect((await ask('GET /api/db:status', [`Cookie: ${cookie}`])).status).toBe(200);
    await revokeToken(context, id);
    // It is taken for valid for a moment after it was asked for.
    for (;;) {
      const { status } = await ask('GET /api/session', [`Cookie: ${cookie}`]);
      if (status === 401) break;
      expect(status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect((await logIn(token)).status).toBe(401);
  });

  test('whoever logs out is out', async () => {
    const [cookie = ''] = ((await logIn(reader)).headers.get('set-cookie') ?? '').split(';');
    const head = [`Cookie: ${cookie}`, `Origin: ${ORIGIN}`];
    expect((await ask('DELETE /api/session', head)).status).toBe(200);
    expect((await ask('GET /api/session', head)).status).toBe(401);
  });

  test('the form of the login page needs no script', async () => {
    const type = 'Content-Type: application/x-www-form-urlencoded';
    const answer = await ask(
      'POST /api/session',
      [`Origin: ${ORIGIN}`, type],
      `token=${encodeURIComponent(reader)}`,
    );
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/']);
    const refused = await ask('POST /api/session', [`Origin: ${ORIGIN}`, type], 'token=x');
    expect([refused.status, refused.headers.get('content-type')]).toEqual([401, 'text/html; charset=utf-8']);
  });

  test('one that is over, not yet, of another kind or of a disabled account opens nothing', async () => {
    const db = database.engine.kysely<Database>();
    const user = await db
      .selectFrom('user')
      .select('id')
      .where('login', '=', 'gone')
      .executeTakeFirstOrThrow();
    const mine = await db
      .selectFrom('user')
      .select('id')
      .where('login', '=', 'reader')
      .executeTakeFirstOrThrow();
    const day = 86_400_000;
    const at = (ms: number) => `${new Date(Date.now() + ms).toISOString().slice(0, 23).replace('T', ' ')}000`;
    const rows = [
      { user_id: user.id, token: hashOfToken('disabled'), scope: 'maintain' as const },
      { user_id: mine.id, token: hashOfToken('over'), scope: 'maintain' as const, until: at(-1_000) },
      { user_id: mine.id, token: hashOfToken('early'), scope: 'maintain' as const, start: at(day) },
      { user_id: mine.id, token: hashOfToken('platform'), scope: null },
    ];
    for (const row of rows) await db.insertInto('token').values(row).execute();
    for (const token of ['disabled', 'over', 'early', 'platform'])
      expect((await logIn(token)).status, token).toBe(401);
    const listed = await listTokens(context);
    expect(listed.filter(({ user: login }) => login === 'gone')).toEqual([
      expect.objectContaining({ valid: false }),
    ]);
    expect(listed).toHaveLength(5);
    await expect(createToken(context, { user: 'gone', scope: 'read', until: null })).rejects.toMatchObject({
      code: 'UNKNOWN_TARGET',
    });
    await expect(createToken(context, { user: 'nobody', scope: 'read', until: null })).rejects.toMatchObject({
      code: 'UNKNOWN_TARGET',
    });
    await expect(revokeToken(context, 4711n)).rejects.toMatchObject({ code: 'UNKNOWN_TARGET' });
  });

  test('who guesses is slowed down and told the log, and is not refused what is right', async () => {
    const before = console.logged.length;
    const answers = await Promise.all(Array.from({ length: 12 }, (_, n) => logIn(`guess ${n}`)));
    expect(answers.every(({ status }) => status === 401 || status === 429)).toBe(true);
    expect(console.logged.slice(before).join('\n')).toContain('in a row');
    expect((await logIn(reader)).status).toBe(201);
  });
});
