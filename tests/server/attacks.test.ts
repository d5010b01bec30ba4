/** What somebody tries who is not to get in, byte by byte. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/schema/index.ts';
import { createToken } from '../../src/tasks/index.ts';
import { raw, type TestConsole, testConsole, Visitor } from '../harness/console.ts';
import { describeOn, migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory } from '../harness/history.ts';

const JSON_TYPE = 'Content-Type: application/json';
/** Something that would be seen: it deletes jobs. */
const PURGE = JSON.stringify({ jobs: true, keep: 0, guard: 100 });

describeOn(['sqlite', 'postgresql'], 'attacks', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let console: TestConsole;
  let visitor: Visitor;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    await makeCompany(database.engine);
    await makeHistory(database.engine, [{ id: 1n, status: 'ok', minute: 0, artifacts: 0, logs: 0 }], []);
    console = await testConsole(database.environment);
    visitor = await Visitor.loggedIn(console);
  });
  afterAll(async () => {
    await console?.close(10_000);
    await database?.drop();
  });
  const host = () => `Host: 127.0.0.1:${console.port}`;
  const cookie = () => `Cookie: ${visitor.cookie}`;
  const origin = () => `Origin: ${console.origin}`;
  const code = (body: string) => JSON.parse(body).error.code;
  const jobs = async () =>
    (await database.engine.kysely<Database>().selectFrom('job').select('id').execute()).length;
  const purge = (head: readonly string[], body = PURGE) =>
    raw(console, 'POST /api/prune HTTP/1.1', [...head, JSON_TYPE, `Content-Length: ${body.length}`], body);

  test.each([
    ['evil.example'],
    ['127.0.0.1.evil.example:PORT'],
    ['localhost.evil.example:PORT'],
    ['evil.example:PORT'],
    ['127.0.0.1:1'],
    ['[::1]:PORT'],
  ])('a name that is not ours, as %j, is misdirected', async (given) => {
    const named = `Host: ${given.replace('PORT', String(console.port))}`;
    for (const path of ['/', '/healthz', '/api/status', '/assets/x.js', '/api/session'])
      expect((await raw(console, `GET ${path} HTTP/1.1`, [named, cookie()])).status, path).toBe(421);
    expect((await purge([named, cookie(), origin()])).status).toBe(421);
  });

  test.each([
    ['127.0.0.1:PORT@evil.example'],
    ['127.0.0.1:PORT.'],
    ['127.0.0.1:0PORT0'],
    ['127.0.0.1:PORT/x'],
    [''],
  ])('a name that is none, as %j, is refused', async (given) => {
    const named = `Host: ${given.replace('PORT', String(console.port))}`;
    for (const path of ['/', '/healthz', '/api/status'])
      expect([400, 421], path).toContain(
        (await raw(console, `GET ${path} HTTP/1.1`, [named, cookie()])).status,
      );
    expect([400, 421]).toContain((await purge([named, cookie(), origin()])).status);
  });

  test('our own names are answered, in whatever case', async () => {
    for (const given of [
      `127.0.0.1:${console.port}`,
      `localhost:${console.port}`,
      `LOCALHOST:${console.port}`,
    ])
      expect((await raw(console, 'GET /healthz HTTP/1.1', [`Host: ${given}`])).status, given).toBe(200);
  });

  test.each([
    ['https://evil.example', 'cross-site'],
    ['null', 'cross-site'],
    ['http://127.0.0.1:1', 'same-site'],
    ['http://127.0.0.1.evil.example', undefined],
    [undefined, 'cross-site'],
    [undefined, 'same-site'],
    [undefined, 'none'],
    [undefined, undefined],
  ])('a write from %s (%s) is refused, whoever is logged in', async (from, site) => {
    const head = [
      host(),
      cookie(),
      ...(from ? [`Origin: ${from}`] : []),
      ...(site ? [`Sec-Fetch-Site: ${site}`] : []),
    ];
    const answer = await purge(head);
    expect([answer.status, code(answer.body)]).toEqual([403, 'FOREIGN_ORIGIN']);
    const stop = await raw(console, 'DELETE /api/session HTTP/1.1', head);
    expect(stop.status).toBe(403);
    expect(await jobs()).toBe(1);
  });

  test.each([['multiflexi_PORT=forged'], ['multiflexi_PORT='], ['multiflexi_PORT=../../x; other=1'], ['']])(
    'a forged cookie, as %j, opens nothing',
    async (forged) => {
      const head = [host(), `Cookie: ${forged.replace('PORT', String(console.port))}`];
      for (const path of [
        '/api/status',
        '/api/runs',
        '/api/openapi.json',
        '/api/nothing',
        '/assets/nothing.js',
      ]) {
        const answer = await raw(console, `GET ${path} HTTP/1.1`, head);
        expect([answer.status, code(answer.body)], path).toEqual([401, 'NOT_LOGGED_IN']);
      }
      const page = await raw(console, 'GET /anything HTTP/1.1', head);
      expect(page.status).toBe(401);
      expect(page.body).not.toContain('sqlite');
      expect((await purge([...head, origin()])).status).toBe(401);
      expect(await jobs()).toBe(1);
    },
  );

  test('the address that was printed is good once, and its token nowhere in an address', async () => {
    const body = JSON.stringify({ token: console.token });
    const again = await raw(
      console,
      'POST /api/session HTTP/1.1',
      [host(), origin(), JSON_TYPE, `Content-Length: ${body.length}`],
      body,
    );
    expect([again.status, code(again.body)]).toEqual([401, 'LOGIN_FAILED']);
    for (const parameter of ['token', 'access_token', 'auth', 'session', 'password']) {
      const answer = await raw(console, `GET /api/status?${parameter}=${console.token} HTTP/1.1`, [
        host(),
        cookie(),
      ]);
      expect([answer.status, code(answer.body)]).toEqual([400, 'TOKEN_IN_ADDRESS']);
    }
    expect(console.logged.join('\n')).toContain('A login has failed');
    expect(console.logged.join('\n')).not.toContain(console.token);
  });

  test('a bearer of a console of one’s own opens nothing', async () => {
    const head = [host(), `Authorization: Bearer ${console.token}`];
    expect((await raw(console, 'GET /api/status HTTP/1.1', head)).status).toBe(401);
  });

  test('a body of 10 MB is refused before it is read, with or without its length', async () => {
    const large = 'x'.repeat(10 * 1024 * 1024);
    const head = [host(), cookie(), origin(), JSON_TYPE];
    const told = await raw(
      console,
      'POST /api/prune HTTP/1.1',
      [...head, `Content-Length: ${large.length}`],
      large,
    );
    expect(told.status).toBe(413);
    const chunked = `${large.length.toString(16)}\r\n${large}\r\n0\r\n\r\n`;
    const untold = await raw(
      console,
      'POST /api/prune HTTP/1.1',
      [...head, 'Transfer-Encoding: chunked'],
      chunked,
    );
    expect(untold.status).toBe(413);
    expect((await visitor.get('/api/db:status')).status).toBe(200);
  });

  test.each([
    ['a head', 'GET /healthz HTTP/1.1\r\nHost: 127'],
    [
      'a body',
      `POST /api/session HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nOrigin: http://127.0.0.1:PORT\r\nContent-Length: 50\r\n\r\n{"to`,
    ],
  ])('%s that does not come to its end is not waited for', async (_, text) => {
    const impatient = await testConsole(database.environment, { limits: { headMs: 300, requestMs: 300 } });
    try {
      const socket = connect(impatient.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.resume();
      socket.write(text.replaceAll('PORT', String(impatient.port)));
      await once(socket, 'close');
    } finally {
      await impatient.close(1_000);
    }
  });

  test.each([
    ['/../etc/passwd'],
    ['/..%2f..%2fetc/passwd'],
    ['/assets/../../etc/passwd'],
    ['/assets/..%2f..%2fpackage.json'],
    ['/assets/%2e%2e/package.json'],
    ['/api/..%2fsession'],
    ['/api/%00'],
    ['/API/status'],
    ['/api/status/'],
    ['/api/constructor'],
    ['/api/__proto__'],
  ])('%s leads nowhere', async (path) => {
    const answer = await raw(console, `GET ${path} HTTP/1.1`, [host(), cookie()]);
    expect([400, 404]).toContain(answer.status);
    expect(answer.body).not.toMatch(/root:|"name": "multiflexi/);
  });

  test.each([
    ['GET http://evil.example/api/status HTTP/1.1'],
    ['GET //evil.example/api/status HTTP/1.1'],
    ['GET \\\\evil.example HTTP/1.1'],
    ['CONNECT evil.example:80 HTTP/1.1'],
    ['GET /api/status HTTP/9.9'],
  ])('%s is no request', async (first) => {
    const answer = await raw(console, first, [host(), cookie()]);
    expect([0, 400, 404, 405, 505]).toContain(answer.status);
  });

  test.each([
    ['two hosts', () => [host(), 'Host: evil.example']],
    ['two lengths', () => [host(), 'Content-Length: 0', 'Content-Length: 5']],
    ['a length and chunks', () => [host(), 'Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['two origins', () => [host(), origin(), 'Origin: https://evil.example']],
    ['two cookies', () => [host(), 'Cookie: a=b']],
    ['a folded header', () => [host(), 'X-A: b\r\n c: d']],
    ['a blank in a name', () => [host(), 'Content-Length : 5']],
    ['a bare line feed', () => [host(), 'X-A: b\nTransfer-Encoding: chunked']],
    ['a strange encoding', () => [host(), 'Transfer-Encoding: xchunked']],
  ])('%s are refused, and no second request is found in them', async (_, head) => {
    const hidden = 'GET /api/db:size HTTP/1.1\r\n';
    const answer = await raw(
      console,
      'POST /api/prune HTTP/1.1',
      [...head(), cookie(), origin(), JSON_TYPE],
      `0\r\n\r\n${hidden}`,
    );
    expect(answer.status).toBe(400);
    expect(answer.body).not.toContain('total_bytes');
    expect(await jobs()).toBe(1);
  });

  test('a body of another kind is refused', async () => {
    const body = 'jobs=true&keep=0&guard=100';
    const head = [host(), cookie(), origin(), `Content-Length: ${body.length}`];
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x'])
      expect(
        (await raw(console, 'POST /api/prune HTTP/1.1', [...head, `Content-Type: ${type}`], body)).status,
      ).toBe(415);
    expect(await jobs()).toBe(1);
  });

  test('nothing is for other sites, and nothing inline is run', async () => {
    for (const path of ['/', '/api/status', '/healthz', '/nothing']) {
      const { headers } = await raw(console, `GET ${path} HTTP/1.1`, [
        host(),
        cookie(),
        'Origin: https://evil.example',
      ]);
      expect(headers.get('content-security-policy'), path).toContain("default-src 'none'");
      expect(headers.get('content-security-policy'), path).not.toContain('unsafe');
      expect(headers.get('x-content-type-options'), path).toBe('nosniff');
      expect(
        [...headers.keys()].filter((header) => header.startsWith('access-control')),
        path,
      ).toEqual([]);
    }
    const preflight = await raw(console, 'OPTIONS /api/prune HTTP/1.1', [
      host(),
      'Origin: https://evil.example',
      'Access-Control-Request-Method: POST',
    ]);
    expect(preflight.status).toBeGreaterThanOrEqual(400);
  });

  test('answers are packed for our own pages, and for nobody who could have them made to measure their length', async () => {
    const encodings = (path: string, site: string | null) =>
      visitor
        .get(path, { 'Accept-Encoding': 'gzip', ...(site !== null && { 'Sec-Fetch-Site': site }) })
        .then(({ headers }) => headers.get('content-encoding'));
    for (const path of ['/', '/purge?older_than=90d', '/api/openapi.json', '/api/status'])
      for (const [site, encoding] of [
        ['same-origin', 'gzip'],
        ['none', 'gzip'],
        ['same-site', null],
        ['cross-site', null],
        [null, null],
      ] as const)
        expect([path, site, await encodings(path, site)]).toEqual([path, site, encoding]);
    const plain = await visitor.get('/api/openapi.json');
    const packed = await visitor.get('/api/openapi.json', { 'Sec-Fetch-Site': 'same-origin' });
    expect([packed.headers.get('content-encoding'), packed.text]).toEqual(['gzip', plain.text]);
    expect(packed.headers.get('content-security-policy')).toContain("default-src 'none'");
    const unasked = { 'Accept-Encoding': 'identity', 'Sec-Fetch-Site': 'same-origin' };
    expect((await visitor.get('/', unasked)).headers.get('content-encoding')).toBeNull();
    const { json } = await visitor.post('/api/db:analyze', {});
    const events = await visitor.get(`/api/runs/${json.id}/events`, { 'Sec-Fetch-Site': 'same-origin' });
    expect([events.headers.get('content-encoding'), events.text]).toEqual([
      null,
      expect.stringContaining('event: run'),
    ]);
  });

  test('the cookie is for this server alone, and no script reads it', async () => {
    const other = await testConsole(database.environment);
    try {
      const answer = await fetch(`${other.origin}/api/session`, {
        method: 'POST',
        headers: { Origin: other.origin, 'Content-Type': 'application/json' },
        body: JSON.stringify({ token: other.token }),
      });
      const set = answer.headers.get('set-cookie') ?? '';
      expect(set).toMatch(
        new RegExp(`^multiflexi_${other.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`),
      );
    } finally {
      await other.close(1_000);
    }
  });

  test('no answer has a secret of the settings', async () => {
    const secret = (database.environment as Record<string, string>).DB_PASSWORD;
    const { token } = await withUser('secrets');
    for (const path of [
      '/',
      '/api/status',
      '/api/db:status',
      '/api/db:size',
      '/api/token:list',
      '/api/runs',
      '/api/db:check',
    ]) {
      const { text } = await visitor.get(path);
      expect(text, path).not.toContain(token);
      if (secret) expect(text, path).not.toContain(secret);
    }
  });

  async function withUser(login: string) {
    await database.engine.kysely<Database>().insertInto('user').values({ login }).execute();
    const context = { engine: database.engine, program: 'test' };
    return createToken(context, { user: login, scope: 'read', until: null });
  }
});
