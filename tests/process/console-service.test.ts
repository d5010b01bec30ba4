/** The console as a service: on a socket of systemd's, behind the nginx of docs/console.md. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../src/schema/index.ts';
import { createToken } from '../../src/tasks/index.ts';
import { migratedDatabase } from '../harness/engines.ts';
import { rawRequest } from '../harness/raw-http.ts';
import { nginxCommand } from '../servers/nginx.ts';
import { freePort } from '../servers/port.ts';
import { makeCertificates } from '../servers/tls.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const activates = spawnSync('systemd-socket-activate', ['--version']).status === 0;
const nginx = await nginxCommand();
if (!activates)
  process.stderr.write('NOT TESTED: the console on a socket of systemd, which is not on this machine.\n');
if (typeof nginx === 'string') process.stderr.write(`NOT TESTED: the nginx of docs/console.md: ${nginx}\n`);

describe.skipIf(!activates)('on a socket that systemd passes on', () => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let directory: string;
  let socket: string;
  let origin: string;
  let port: number;
  let token: string;
  const children: { readonly child: ChildProcess; readonly gone: Promise<unknown> }[] = [];
  const start = (program: string, words: readonly string[]) => {
    const child = spawn(program, words, { stdio: 'ignore' });
    children.push({ child, gone: new Promise((resolve) => child.once('exit', resolve)) });
  };
  beforeAll(async () => {
    database = await migratedDatabase('sqlite');
    directory = mkdtempSync(join(tmpdir(), 'multiflexi-service-'));
    socket = join(directory, 'console.sock');
    port = await freePort();
    origin = `https://localhost:${port}`;
    await database.engine.kysely<Database>().insertInto('user').values({ login: 'alice' }).execute();
    const context = { engine: database.engine, program: 'test' };
    token = (await createToken(context, { user: 'alice', scope: 'maintain', until: null })).token;
    const settings = join(directory, 'multiflexi.env');
    const lines = Object.entries(database.environment).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(settings, `${lines.join('')}MULTIFLEXI_CONSOLE_ORIGIN=${origin}\n`);
    const words = [
      `--listen=${socket}`,
      process.execPath,
      join(ROOT, 'bin/multiflexi-console.js'),
      '-e',
      settings,
    ];
    start('systemd-socket-activate', words);
    await until(() => isListening(socket));
  });
  afterAll(async () => {
    for (const { child } of children) child.kill('SIGTERM');
    await Promise.all(children.map(({ gone }) => gone));
    await database?.drop();
    rmSync(directory, { recursive: true, force: true });
  });
  const overSocket = (first: string, head: readonly string[]) =>
    rawRequest(socket, `${[first, ...head, 'Connection: close'].join('\r\n')}\r\n\r\n`);

  test('it answers under its address alone', async () => {
    const host = `Host: localhost:${port}`;
    expect(await overSocket('GET /healthz HTTP/1.1', [host])).toMatchObject({ status: 200, body: 'ok\n' });
    expect((await overSocket('GET /healthz HTTP/1.1', ['Host: 127.0.0.1'])).status).toBe(421);
    expect((await overSocket('GET /api/db:status HTTP/1.1', [host])).status).toBe(401);
    const bearer = `Authorization: Bearer ${token}`;
    expect((await overSocket('GET /api/db:status HTTP/1.1', [host, bearer])).status).toBe(200);
  });

  test.skipIf(typeof nginx === 'string')(
    'the nginx of the documentation stands before it',
    { timeout: 60_000 },
    async () => {
      const certificates = await makeCertificates(directory, undefined);
      if (typeof nginx === 'string' || !certificates) return;
      const [, example = ''] =
        /```nginx\n(.*?)```/s.exec(readFileSync(join(ROOT, 'docs/console.md'), 'utf8')) ?? [];
      const here = replaced(example, {
        'unix:/run/multiflexi/console.sock': `unix:${socket}`,
        'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
        'server_name console.example.org': 'server_name localhost',
        '/etc/ssl/certs/console.example.org.pem': certificates.cert,
        '/etc/ssl/private/console.example.org.key': certificates.key,
      });
      const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
        (name) => `${name}_temp_path ${join(directory, name)};`,
      );
      const configuration = join(directory, 'nginx.conf');
      writeFileSync(
        configuration,
        `${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${join(directory, 'nginx.pid')}; daemon off; master_process off; error_log ${join(directory, 'error.log')};
events {}
http { access_log off; ${paths.join(' ')}\n${here}}\n`,
      );
      const [program = '', ...words] = nginx;
      start(program, [...words, '-p', directory, '-c', configuration]);
      const ca = readFileSync(certificates.ca, 'utf8');
      const ask = (path: string, options: Ask = {}) => overTls(port, ca, path, options);
      await until(async () => (await ask('/healthz').catch(() => undefined))?.status === 200);

      expect((await ask('/')).status).toBe(401);
      expect((await ask('/healthz', { headers: { Host: 'evil.example' } })).status).toBe(421);
      const body = JSON.stringify({ token });
      const headers = { Origin: origin, 'Content-Type': 'application/json' };
      const login = await ask('/api/session', { method: 'POST', headers, body });
      expect(login.status).toBe(201);
      const [set = ''] = login.headers['set-cookie'] ?? [];
      expect(set).toMatch(/^__Host-multiflexi=.*; Secure; SameSite=Strict$/);
      const [cookie = ''] = set.split(';');
      expect((await ask('/', { headers: { Cookie: cookie } })).status).toBe(200);
      const run = await ask('/api/db:analyze', {
        method: 'POST',
        headers: { ...headers, Cookie: cookie },
        body: JSON.stringify({ all: true }),
      });
      expect(run.status).toBe(202);
      const events = await ask(`${run.headers.location}/events`, { headers: { Cookie: cookie } });
      expect(events.body).toContain('"state":"done"');
      const large = await ask('/api/prune', {
        method: 'POST',
        headers: { ...headers, Cookie: cookie },
        body: JSON.stringify({ company: 'x'.repeat(100_000) }),
      });
      expect(large.status).toBe(413);
    },
  );
});

describe('its units for systemd', () => {
  const UNITS = ['multiflexi-console.service', 'multiflexi-console.socket'];
  const textOf = (unit: string) => readFileSync(join(ROOT, 'packaging/systemd', unit), 'utf8');

  test.skipIf(spawnSync('systemd-analyze', ['--version']).status !== 0)(
    'are accepted without a warning where the program is installed',
    () => {
      const folder = mkdtempSync(join(tmpdir(), 'multiflexi-units-'));
      for (const unit of UNITS) {
        // Neither the program, its account nor its manual page is installed here.
        const here = textOf(unit)
          .replaceAll('/usr/bin/multiflexi-console', process.execPath)
          .replace(/^Documentation=.*\n/m, '');
        writeFileSync(join(folder, unit), here);
      }
      const files = UNITS.map((unit) => join(folder, unit));
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...files], { encoding: 'utf8' });
      rmSync(folder, { recursive: true });
      expect([status, stderr.split('\n').filter((line) => line.includes('multiflexi-console'))]).toEqual([
        0,
        [],
      ]);
    },
  );

  test('let the group of the platform in, and nobody else', () => {
    expect(textOf('multiflexi-console.socket')).toMatch(/^SocketMode=0660$/m);
    expect(textOf('multiflexi-console.socket')).toMatch(/^SocketGroup=multiflexi$/m);
    expect(textOf('multiflexi-console.service')).not.toMatch(/^MemoryDenyWriteExecute=/m);
  });
});

/** Each must be there: a test of something else than the documentation would say nothing. */
function replaced(text: string, words: Readonly<Record<string, string>>): string {
  return Object.entries(words).reduce((result, [from, to]) => {
    expect(result).toContain(from);
    return result.replace(from, to);
  }, text);
}

/** The file of a socket is there before anybody listens to it. */
function isListening(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket, () => {
      connection.destroy();
      resolve(true);
    }).on('error', () => resolve(false));
  });
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 50_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('it has not come about');
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

interface Ask {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

interface TlsAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

function overTls(port: number, ca: string, path: string, { method = 'GET', headers = {}, body = '' }: Ask) {
  return new Promise<TlsAnswer>((resolve, reject) => {
    const all = { 'Content-Length': String(Buffer.byteLength(body)), ...headers };
    const asked = request(
      {
        host: 'localhost',
        servername: 'localhost',
        port,
        ca,
        path,
        method,
        headers: method === 'GET' ? headers : all,
        agent: false,
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => {
          text += part;
        });
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: text }),
        );
      },
    );
    asked.on('error', reject);
    asked.end(body);
  });
}
