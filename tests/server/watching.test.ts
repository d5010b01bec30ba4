/** Whoever watches a run for hours sees no more of it when he is out. On one engine: it is the server's own matter. */
import { get } from 'node:http';
import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { Database } from '../../src/schema/index.ts';
import { createToken, revokeToken } from '../../src/tasks/index.ts';
import { raw, type TestConsole, testConsole } from '../harness/console.ts';
import { describeOn, migratedDatabase } from '../harness/engines.ts';

const ORIGIN = 'https://console.example.org';
const HOST = 'Host: console.example.org';

interface Watching {
  /** When the run has been told for the first time. */
  readonly begun: Promise<unknown>;
  /** All that was told, when the server has ended it. */
  readonly told: Promise<string>;
}

function watch({ port }: TestConsole, path: string, headers: Record<string, string>): Watching {
  const [begun, told] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
  const asked = get(
    { port, path, agent: false, headers: { Host: 'console.example.org', ...headers } },
    (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (piece: string) => {
        text += piece;
        begun.resolve();
      });
      answer.on('end', () => told.resolve(text)).on('error', told.reject);
    },
  );
  asked.on('error', told.reject);
  return { begun: begun.promise, told: told.promise };
}

describeOn(['postgresql'], 'a run that is watched', (name) => {
  test('is not told any more to whoever has logged out, or whose token was taken back', async () => {
    const database = await migratedDatabase(name);
    const { engine } = database;
    const db = engine.kysely<Database>();
    const context = { engine, program: 'test' };
    await db.insertInto('user').values({ login: 'somebody' }).execute();
    const tokenFor = (scope: 'read' | 'maintain') =>
      createToken(context, { user: 'somebody', scope, until: null });
    const [starts, watches, scripted] = [
      await tokenFor('maintain'),
      await tokenFor('read'),
      await tokenFor('read'),
    ];
    const console = await testConsole(database.environment, {
      access: { kind: 'service', origins: [ORIGIN] },
      limits: { trustMs: 100 },
    });
    const post = (path: string, head: readonly string[], body: unknown) => {
      const text = JSON.stringify(body);
      const lines = [HOST, 'Content-Type: application/json', `Content-Length: ${text.length}`, ...head];
      return raw(console, `POST ${path} HTTP/1.1`, lines, text);
    };
    const bearer = { Authorization: `Bearer ${starts.token}` };

    // As long as the table is locked, the plan of the run waits.
    await db.transaction().execute(async (holding) => {
      await sql`lock table job in access exclusive mode`.execute(holding);
      const started = await post('/api/prune', [`Authorization: ${bearer.Authorization}`], {
        jobs: true,
        older_than: '90d',
      });
      expect(started.status).toBe(202);
      const { id } = JSON.parse(started.body);
      const path = `/api/runs/${id}/events`;
      const login = await post('/api/session', [`Origin: ${ORIGIN}`], { token: watches.token });
      const [cookie = ''] = (login.headers.get('set-cookie') ?? '').split(';');
      const stays = watch(console, path, bearer);
      const leaves = watch(console, path, { Cookie: cookie });
      const revoked = watch(console, path, { Authorization: `Bearer ${scripted.token}` });
      await Promise.all([stays.begun, leaves.begun, revoked.begun]);

      await raw(console, 'DELETE /api/session HTTP/1.1', [HOST, `Cookie: ${cookie}`, `Origin: ${ORIGIN}`]);
      await revokeToken(context, scripted.id);
      for (const told of [await leaves.told, await revoked.told]) {
        expect(told).toContain('"state":"running"');
        expect(told).not.toMatch(/"state":"(?!running)/);
      }

      await raw(console, `DELETE /api/runs/${id} HTTP/1.1`, [HOST, `Authorization: ${bearer.Authorization}`]);
      expect(await stays.told).toMatch(/"state":"(?!running)/);
    });
    await console.close(10_000);
    await database.drop();
  });
});
