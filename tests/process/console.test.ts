/** The console as an administrator starts it: its address, its end, and what becomes of a run when it is killed. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import * as documents from '../../src/documents/schemas.ts';
import type { Database } from '../../src/schema/index.ts';
import { cli, finished, startCli } from '../harness/cli.ts';
import { describeOn, migratedDatabase } from '../harness/engines.ts';
import { Visitor } from '../harness/visitor.ts';

const started: { kill(signal: NodeJS.Signals): boolean }[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

/** The console, once it has printed its address. */
async function startConsole(environment: Readonly<Record<string, string>>, words: readonly string[] = []) {
  const child = startCli(['console', ...words], environment);
  started.push(child);
  const ended = finished(child);
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (part: string) => {
      text += part;
      const [line] = /^http:\/\/\S+(?=\n)/m.exec(text) ?? [];
      if (line !== undefined) resolve(line);
    });
    ended.then(({ stderr }) => reject(new Error(`the console has ended: ${stderr}`)));
  });
  const { origin, hash } = new URL(url);
  const token = new URLSearchParams(hash.slice(1)).get('token') ?? '';
  return { child, ended, origin, token, url };
}

function environmentOf(directory: string) {
  return { XDG_DATA_HOME: directory };
}

test('works on the embedded database, migrates it, and ends with Ctrl-C', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'multiflexi-console-'));
  try {
    const console = await startConsole(environmentOf(directory));
    expect(console.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/);
    const visitor = await Visitor.loggedIn(console);
    const before = await visitor.get('/api/db:status');
    expect(documents.STATUS.parse(before.json).pending_count).toBeGreaterThan(0);
    const migrate = await visitor.post('/api/db:migrate', {});
    expect((await visitor.ended(migrate.json.id)).json.state).toBe('done');
    expect((await visitor.get('/api/db:status')).json.pending_count).toBe(0);
    expect((await visitor.get('/')).status).toBe(200);
    const history = await visitor.get('/api/housekeeper:history?duty=console');
    expect(history.json.runs).toEqual([expect.objectContaining({ duty: 'console', outcome: 'done' })]);
    console.child.kill('SIGINT');
    expect(await console.ended).toMatchObject({ exit: 0 });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('ends when nobody has asked for anything for a while, and says its address as JSON', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'multiflexi-console-'));
  try {
    const { exit, stdout } = await cli(['console', '--idle', '1s', '-f', 'json'], environmentOf(directory));
    expect(exit).toBe(0);
    documents.CONSOLE.parse(JSON.parse(stdout));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a port that is taken, and a service without what it needs, are refused before anything is opened', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  const address = taken.address();
  const port = typeof address === 'object' && address ? String(address.port) : '';
  try {
    expect(await cli(['console', '--port', port])).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining(`cannot listen on port ${port}`),
    });
  } finally {
    taken.close();
  }
  for (const words of [
    ['--service'],
    ['--service', '--port', '1'],
    ['--service', '--port', '1', '--origin', 'https://x', '--read-only'],
    ['--origin', 'https://x'],
    ['--origin', 'https://x/path'],
    ['--origin', 'x'],
    ['--port', '0'],
  ])
    expect((await cli(['console', ...words])).exit, words.join(' ')).toBe(64);
});

test('a misspelt setting is told in the terminal', async () => {
  expect((await cli(['console'], { DB_CONNECTION: 'oracle' })).exit).toBe(64);
});

describeOn(['sqlite', 'postgresql'], 'a run in the console', (name) => {
  test('is seen by all, outlives who has started it, and is finished by another after a kill', async () => {
    const database = await migratedDatabase(name);
    try {
      const { environment, engine } = database;
      expect((await cli(['sample:load', '--jobs', '20000'], environment)).exit).toBe(0);
      const first = await startConsole(environment);
      const visitor = await Visitor.loggedIn(first);
      const plan = await visitor.get('/api/prune?jobs=true&keep=100&guard=100');
      const rows = plan.json.tables.reduce((sum, table) => sum + table.rows, 0);
      const jobs = plan.json.tables.find((table) => table.table_name === 'job')?.rows ?? 0;
      const id = plan.headers.get('x-multiflexi-plan');
      const run = await visitor.post('/api/prune', { plan: id, rows });
      expect(run.status, run.text).toBe(202);
      const second = await visitor.post('/api/db:analyze', { all: true });
      expect([second.status, second.json.error.code]).toEqual([409, 'LOCKED']);
      const seen = await untilUnderWay(visitor, run.json.id);
      expect(seen).toMatchObject({ state: 'running', command: 'prune' });
      first.child.kill('SIGKILL');
      await first.ended;

      const left = async (table: 'job' | 'artifacts') => {
        const { count } = await engine
          .kysely<Database>()
          .selectFrom(table)
          .select((eb) => eb.fn.countAll<bigint>().as('count'))
          .executeTakeFirstOrThrow();
        return Number(count);
      };
      expect(await left('job')).toBeGreaterThan(20_000 - jobs);
      expect(await left('job')).toBeLessThan(20_000);

      const back = await startConsole(environment);
      const again = await Visitor.loggedIn(back);
      const rest = await again.post('/api/prune', { jobs: true, keep: 100, guard: 100 });
      expect((await again.ended(rest.json.id)).json).toMatchObject({ state: 'done', error: null });
      expect(await left('job')).toBe(20_000 - jobs);
      const orphans = await engine
        .kysely<Database>()
        .selectFrom('artifacts')
        .select('id')
        .where('job_id', 'not in', (eb) => eb.selectFrom('job').select('id'))
        .execute();
      expect(orphans).toEqual([]);
      const history = await again.get('/api/housekeeper:history?duty=console');
      const outcomes = history.json.runs.map(({ outcome }: { outcome: string }) => outcome);
      expect(outcomes).toEqual(['done', 'interrupted']);
      back.child.kill('SIGTERM');
      expect((await back.ended).exit).toBe(0);
    } finally {
      await database.drop();
    }
  });
});

/** Follows the run's events until it has deleted something and has more to delete. */
async function untilUnderWay(visitor: Visitor, id: string): Promise<unknown> {
  const answer = await visitor.stream(`/api/runs/${id}/events`);
  let text = '';
  for await (const part of answer) {
    text += part;
    for (const [, data = ''] of text.matchAll(/^data: (.*)$/gm)) {
      const run = JSON.parse(data);
      if (run.state !== 'running' || run.progress?.done > 0) return run;
    }
  }
  throw new Error('the events have ended');
}
