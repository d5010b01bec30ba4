/** Every route answers with the very document that the terminal prints; what a plan counted is what its run deletes. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import * as z from 'zod';
import * as documents from '../../src/documents/schemas.ts';
import type { Database } from '../../src/schema/index.ts';
import type { OpenApi } from '../../src/server/openapi.ts';
import { type Route, routeName } from '../../src/server/routes/contract.ts';
import { ROUTES } from '../../src/server/routes/table.ts';
import { RUN, RUNS } from '../../src/server/runs/run.schema.ts';
import { type TestConsole, testConsole, Visitor } from '../harness/console.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory, type TestJob } from '../harness/history.ts';

const JOBS = 30;
/** What each takes, where it must have something. Those that would need an archive, or destroy the schema, are tried below. */
const INPUTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'POST status:restore': { finding: 'drift' },
  'POST db:breakpoint': { change: 'remove-all' },
  'GET prune': { jobs: 'true', keep: '25', guard: '100' },
  'POST prune': { jobs: true, keep: 25, guard: 100 },
  'POST retention:set': { subject: 'logger', older_than: '400d' },
  'POST retention:remove': { policy: 1 },
  'POST retention:hold': { job: 29, reason: 'a test' },
  'POST retention:release': { hold: 1 },
  'GET retention:explain': { job: '29' },
};
/** These need something to be there first. */
const BELOW = ROUTES.filter(
  ({ command, method }) =>
    command.startsWith('archive:') ||
    command === 'status:dismiss' ||
    command === 'token:revoke' ||
    // In switch.test.ts: there must be a settings file, and another database.
    command === 'db:switch' ||
    (command === 'db:rollback' && method === 'POST'),
);

const SCHEMAS = new Map<string, z.ZodType>(Object.entries(documents));
const schemaOf = (name: string) => {
  const schema = SCHEMAS.get(name);
  if (!schema) throw new Error(`there is no schema ${name}`);
  return schema;
};

describeEngines('the routes', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let console: TestConsole;
  let visitor: Visitor;
  let archives: string;
  let description: OpenApi;
  beforeAll(async () => {
    database = await migratedDatabase(name);
    archives = mkdtempSync(join(tmpdir(), 'multiflexi-archives-'));
    await makeCompany(database.engine);
    const jobs = Array.from(
      { length: JOBS },
      (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n, artifacts: 1, logs: 1 }),
    );
    await makeHistory(database.engine, jobs, []);
    console = await testConsole({ ...database.environment, ARCHIVE_DIR: archives, HOME: archives });
    visitor = await Visitor.loggedIn(console);
    description = JSON.parse((await visitor.get('/api/openapi.json')).text);
  });
  afterAll(async () => {
    await console?.close(10_000);
    await database?.drop();
    rmSync(archives, { recursive: true, force: true });
  });
  const jobsLeft = async () => {
    const rows = await database.engine.kysely<Database>().selectFrom('job').select('id').execute();
    return rows.length;
  };

  /** Holds an answer against what the server says of itself. */
  const requireAsDescribed = ({ command, method }: Route, status: number, answer: unknown) => {
    const operation = description.paths[`/api/${command}`]?.[method.toLowerCase()];
    const reference = operation?.responses[status]?.content?.['application/json']?.schema.$ref;
    const described = description.components.schemas[String(reference).split('/').at(-1) ?? ''];
    if (!described) throw new Error(`${method} ${command} is not described for ${status}`);
    z.fromJSONSchema(described as Parameters<typeof z.fromJSONSchema>[0]).parse(answer);
  };

  test.each(
    ROUTES.filter((route) => !BELOW.includes(route)).map((route) => [routeName(route), route] as const),
  )('%s', async (_, route) => {
    const input = INPUTS[routeName(route)] ?? {};
    const schema = schemaOf(route.document);
    if (route.method === 'GET') {
      const query = new URLSearchParams(input as Record<string, string>);
      const answer = await visitor.get(`/api/${route.command}?${query}`);
      expect(answer.status, answer.text).toBe(200);
      schema.parse(answer.json);
      requireAsDescribed(route, 200, answer.json);
      return;
    }
    const answer = await visitor.post(`/api/${route.command}`, input);
    if (route.kind === 'change') {
      expect(answer.status, answer.text).toBe(200);
      schema.parse(answer.json);
      requireAsDescribed(route, 200, answer.json);
      return;
    }
    expect(answer.status, answer.text).toBe(202);
    requireAsDescribed(route, 202, answer.json);
    expect(answer.headers.get('location')).toBe(`/api/runs/${answer.json.id}`);
    const over = RUN.parse((await visitor.ended(answer.json.id)).json);
    expect(over.error).toBeNull();
    expect(over.state).toBe('done');
    schema.parse(over.result);
  });

  test('a fault is accepted, and shown as one again', async () => {
    await database.engine.kysely().schema.alterTable('company_env').addColumn('stray', 'integer').execute();
    const id = 'drift';
    const accepted = await visitor.post('/api/status:dismiss', { finding: id, reason: 'a test' });
    documents.DISMISSED.parse(accepted.json);
    // What was changed is seen at once, though the last answer is a second old.
    const after = await visitor.get('/api/status');
    expect(after.json.findings).toContainEqual(expect.objectContaining({ id, dismissed: 'a test' }));
    const back = await visitor.post('/api/status:restore', { finding: id });
    expect(back.json).toEqual({ id, was_dismissed: true });
    await database.engine.kysely().schema.alterTable('company_env').dropColumn('stray').execute();
  });

  test('a failure is as it is described', async () => {
    const { status, json } = await visitor.get('/api/retention:explain?job=4711');
    expect(status).toBe(404);
    const { FAILURE: described } = description.components.schemas;
    z.fromJSONSchema(described as Parameters<typeof z.fromJSONSchema>[0]).parse(json);
    expect(Object.keys(description.paths)).toEqual(
      expect.arrayContaining(ROUTES.map(({ command }) => `/api/${command}`)),
    );
  });

  test('what a plan counted is what its run deletes, and it is carried out once', async () => {
    const plan = await visitor.get('/api/prune?jobs=true&keep=20&guard=100');
    const id = plan.headers.get('x-multiflexi-plan');
    const rows = plan.json.tables.reduce((sum: number, table: { rows: number }) => sum + table.rows, 0);
    expect(rows).toBe(15);
    const unconfirmed = await visitor.post('/api/prune', { plan: id, rows: rows - 1 });
    expect([unconfirmed.status, unconfirmed.json.error.code]).toEqual([409, 'NEEDS_CONFIRMATION']);
    expect(await jobsLeft()).toBe(25);
    const started = await visitor.post('/api/prune', { plan: id, rows });
    const over = await visitor.ended(started.json.id);
    documents.PURGED.parse(over.json.result);
    expect(await jobsLeft()).toBe(20);
    const again = await visitor.post('/api/prune', { plan: id, rows });
    expect([again.status, again.json.error.code]).toEqual([409, 'PLAN_OUTDATED']);
  });

  test('a run says what had to be confirmed, and does nothing without', async () => {
    const started = await visitor.post('/api/prune', { jobs: true, keep: 1 });
    const over = await visitor.ended(started.json.id);
    expect(over.json).toMatchObject({
      state: 'failed',
      error: { code: 'NEEDS_CONFIRMATION' },
      needs_confirmation: [{ kind: 'oversized', confirmed_by: '19' }],
    });
    expect(await jobsLeft()).toBe(20);
  });

  test('who did what is in the history', async () => {
    const { json } = await visitor.get('/api/housekeeper:history?limit=100&duty=console');
    const notes = json.runs.map(({ note }: { note: string }) => note);
    expect(notes).toEqual(expect.arrayContaining(['prune by tester', 'retention:hold by tester']));
  });

  test('archived rows are listed, shown, verified, restored and removed', async () => {
    const plan = await visitor.get('/api/prune?jobs=true&keep=18&guard=100&archive=true');
    const run = await visitor.post('/api/prune', {
      plan: plan.headers.get('x-multiflexi-plan'),
      rows: 6,
      archive: true,
    });
    expect((await visitor.ended(run.json.id)).json).toMatchObject({ state: 'done' });
    const list = documents.ARCHIVES.parse((await visitor.get('/api/archive:list')).json);
    const archive = list.archives[0]?.archive ?? '';
    documents.ARCHIVE.parse((await visitor.get(`/api/archive:show?archive=${archive}`)).json);
    const verify = await visitor.post('/api/archive:verify', {});
    documents.FINDINGS.parse((await visitor.ended(verify.json.id)).json.result);
    documents.PLANNED_ARCHIVE_RESTORE.parse(
      (await visitor.get(`/api/archive:restore?archive=${archive}`)).json,
    );
    const restore = await visitor.post('/api/archive:restore', { archive });
    documents.ARCHIVE_RESTORED.parse((await visitor.ended(restore.json.id)).json.result);
    expect(await jobsLeft()).toBe(20);
    const removal = documents.REMOVAL.parse(
      (await visitor.get(`/api/archive:remove?archives=${archive}`)).json,
    );
    expect(removal.removed).toHaveLength(1);
    const asked = await visitor.ended(
      (await visitor.post('/api/archive:remove', { archives: [archive] })).json.id,
    );
    const confirmed = asked.json.needs_confirmation;
    expect(confirmed).toHaveLength(1);
    const removed = await visitor.post('/api/archive:remove', {
      archives: [archive],
      confirmed: confirmed.map(({ kind, confirmed_by }) => ({ kind, confirmed_by })),
    });
    expect((await visitor.ended(removed.json.id)).json.state).toBe('done');
    expect((await visitor.get('/api/archive:list')).json.archives).toEqual([]);
  });

  test('what goes on is told as it happens, and told again to whoever comes later', async () => {
    const { json } = await visitor.post('/api/db:analyze', { all: true });
    const events = await visitor.get(`/api/runs/${json.id}/events`);
    expect(events.headers.get('content-type')).toContain('text/event-stream');
    const told = [...events.text.matchAll(/^data: (.*)$/gm)].map(([, data = '']) =>
      RUN.parse(JSON.parse(data)),
    );
    expect(told.at(-1)).toMatchObject({ state: 'done', by: 'tester' });
    expect((await visitor.get(`/api/runs/${json.id}/events`)).text).toContain('"state":"done"');
    RUNS.parse((await visitor.get('/api/runs')).json);
  });

  test('a rollback shows what would be lost and wants exactly that confirmed', async () => {
    const plan = await visitor.get('/api/db:rollback');
    documents.PLANNED_MIGRATIONS.parse(plan.json);
    const started = await visitor.post('/api/db:rollback', {});
    const over = await visitor.ended(started.json.id);
    const { state, needs_confirmation: asked } = over.json;
    expect([state, asked.length > 0]).toEqual(asked.length > 0 ? ['failed', true] : ['done', false]);
    documents.STATUS.parse((await visitor.get('/api/db:status')).json);
  });
});

test('inputs that nobody knows are refused by name', async () => {
  const console = await testConsole({ DB_CONNECTION: 'sqlite', DB_DATABASE: '/nonexistent/x.sqlite' });
  try {
    const visitor = await Visitor.loggedIn(console);
    for (const path of [
      '/api/prune?jobs=true&keeep=5',
      '/api/prune?jobs=true&keep=-5',
      '/api/prune?keep=',
      '/api/prune?jobs=true&older_than=90',
    ])
      expect((await visitor.get(path)).json.error.code, path).toBe('USAGE');
    const answer = await visitor.post('/api/prune', { jobs: 'maybe', keep: 5 });
    expect([answer.status, answer.json.error.code]).toEqual([400, 'USAGE']);
  } finally {
    await console.close(1_000);
  }
});
