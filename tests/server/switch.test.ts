/** The platform's database is changed from the console, and back: it follows, and what is secret of the other one comes back in nothing. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { PLANNED_SWITCH, SWITCH_STATE, SWITCHED } from '../../src/documents/schemas.ts';
import type { EngineName } from '../../src/engines/index.ts';
import type { Database } from '../../src/schema/index.ts';
import type { ConsoleOptions } from '../../src/server/index.ts';
import { RUN, type RunDocument } from '../../src/server/runs/run.schema.ts';
import { type Answer, type TestConsole, testConsole, Visitor } from '../harness/console.ts';
import { freshDatabase, isAvailable, migratedDatabase, type TestDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory, type TestJob } from '../harness/history.ts';
import { whileLocked } from '../harness/locked-file.ts';
import { contents } from '../harness/switching.ts';

type Made = Awaited<ReturnType<typeof migratedDatabase>>;
type Input = Readonly<Record<string, unknown>>;

const JOBS = 20;
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

async function filled(): Promise<Made> {
  const database = await migratedDatabase('sqlite');
  undo.push(() => database.drop());
  await makeCompany(database.engine);
  const jobs = Array.from(
    { length: JOBS },
    (_, n): TestJob => ({ id: BigInt(n + 1), status: 'ok', minute: n, artifacts: 1, logs: 1 }),
  );
  await makeHistory(database.engine, jobs, []);
  return database;
}

async function empty(name: EngineName): Promise<TestDatabase> {
  const database = await freshDatabase(name);
  undo.push(() => database.drop());
  return database;
}

function lines({ environment }: TestDatabase): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** A console of a platform whose settings are in a file, and all that comes back from it. */
class Platform {
  readonly directory = mkdtempSync(join(tmpdir(), 'console-switch-'));
  readonly file = join(this.directory, 'multiflexi.env');
  readonly heard: string[] = [];
  console!: TestConsole;
  private visitor!: Visitor;

  static async of(from: TestDatabase, options: Partial<ConsoleOptions> = {}): Promise<Platform> {
    const platform = new Platform();
    undo.push(() => rmSync(platform.directory, { recursive: true, force: true }));
    platform.write('multiflexi.env', `# The platform\n${lines(from)}LOG=debug\n`);
    const environment = { HOME: platform.directory };
    platform.console = await testConsole(environment, {
      settings: { file: platform.file, environment },
      ...options,
    });
    undo.push(() => platform.console.close(10_000));
    platform.visitor = await Visitor.loggedIn(platform.console);
    return platform;
  }

  write(name: string, text: string): void {
    writeFileSync(join(this.directory, name), text);
    chmodSync(join(this.directory, name), 0o600);
  }

  async get(path: string): Promise<Answer> {
    return this.listen(await this.visitor.get(path));
  }

  async post(command: string, input: Input): Promise<Answer> {
    return this.listen(await this.visitor.post(`/api/${command}`, input));
  }

  delete(path: string): Promise<Answer> {
    return this.visitor.delete(path);
  }

  async begun(command: string, input: Input): Promise<string> {
    const answer = await this.post(command, input);
    expect(answer.status, answer.text).toBe(202);
    return RUN.parse(answer.json).id;
  }

  async ended(id: string): Promise<RunDocument> {
    return RUN.parse(this.listen(await this.visitor.ended(id)).json);
  }

  async run(command: string, input: Input): Promise<RunDocument> {
    return this.ended(await this.begun(command, input));
  }

  async state() {
    return SWITCH_STATE.parse((await this.get('/api/db:switch:last')).json);
  }

  /** Checks it, and carries out what the check has planned. */
  async switched(target: Input) {
    const check = await this.run('db:switch', { ...target, dry_run: true });
    expect(check.error).toBeNull();
    const plan = PLANNED_SWITCH.parse(check.result);
    if (plan.already) throw new Error('there was nothing to do');
    const run = await this.run('db:switch', { plan: check.plan, rows: plan.rows });
    expect(run.error).toBeNull();
    return SWITCHED.parse(run.result);
  }

  private listen(answer: Answer): Answer {
    this.heard.push(answer.text, JSON.stringify([...answer.headers]));
    return answer;
  }
}

/** MySQL and MariaDB by `npm run test:full`, or MULTIFLEXI_TEST_EVERY_MOMENT=1: what is changed there is tried by db:switch's own tests. */
const TO = (['sqlite', 'postgresql', 'mysql', 'mariadb'] as const).filter(
  (name) =>
    isAvailable(name) &&
    (name === 'sqlite' || name === 'postgresql' || process.env.MULTIFLEXI_TEST_EVERY_MOMENT !== undefined),
);

describe.each(TO)('from SQLite to %s', (name) => {
  test('what was checked is carried out once, the console follows, and the way back leads back', async () => {
    const [from, to] = [await filled(), await empty(name)];
    const before = await contents(from.engine, ['housekeeping_run']);
    const platform = await Platform.of(from);
    platform.write('new.env', lines(to));
    expect(await platform.state()).toMatchObject({
      settings_file: platform.file,
      problem: null,
      env_files: ['new.env'],
      can_return: false,
      last: null,
    });
    const here = (await platform.get('/api/db:size')).json.product;

    const check = await platform.run('db:switch', { to_env: 'new.env', dry_run: true });
    const plan = PLANNED_SWITCH.parse(check.result);
    expect(plan).toMatchObject({ already: false, problems: [], returns: false });
    const rows = plan.already ? 0 : plan.rows;
    const shown = await platform.get(`/api/db:switch?plan=${check.plan}`);
    expect([shown.json, shown.headers.get('x-multiflexi-plan')]).toEqual([check.result, check.plan]);
    expect((await platform.get(`/backend?plan=${check.plan}`)).text).toContain(`data-expected="${rows}"`);
    const unconfirmed = await platform.post('db:switch', { plan: check.plan, rows: rows + 1 });
    expect([unconfirmed.status, unconfirmed.json.error.code]).toEqual([409, 'NEEDS_CONFIRMATION']);
    // So far nothing was written.
    expect([await platform.state(), name === 'sqlite' && existsSync(fileOf(to))]).toEqual([
      expect.objectContaining({ last: null }),
      false,
    ]);

    const run = await platform.run('db:switch', { plan: check.plan, rows });
    expect(run.error).toBeNull();
    const done = SWITCHED.parse(run.result);
    expect(done.receipt.tables).toContainEqual(expect.objectContaining({ table_name: 'job', rows: JOBS }));
    expect((await platform.post('db:switch', { plan: check.plan, rows })).json.error.code).toBe(
      'PLAN_OUTDATED',
    );
    expect(readFileSync(platform.file, 'utf8')).toContain(`DB_DATABASE=${to.environment.DB_DATABASE}`);

    // What is looked at and changed from now on is the other database.
    const page = (await platform.get('/run')).text;
    expect(page).toContain('Restart everything else that uses the database');
    for (const path of ['/run', '/growth'])
      expect((await platform.get(path)).text.replaceAll(/<main.*<\/main>/gs, '')).toContain(done.to);
    const there = (await platform.get('/api/db:size')).json.product;
    expect(there === here).toBe(name === 'sqlite');
    const hold = await platform.post('retention:hold', { job: 1, reason: 'after the switch' });
    expect(hold.status).toBe(200);
    expect(await holds(from)).toEqual([]);
    const history = (await platform.get('/api/housekeeper:history?duty=console')).json.runs;
    expect(history).toContainEqual(
      expect.objectContaining({ note: 'db:switch by tester', outcome: 'done', error: null }),
    );
    const moved = (await platform.get('/api/housekeeper:history?duty=switch')).json.runs;
    expect(moved).toHaveLength(1);

    // The one that was left is as it was: the way back has nothing to ask.
    expect(await contents(from.engine, ['housekeeping_run'])).toEqual(before);
    const state = await platform.state();
    expect(state).toMatchObject({ can_return: true, last: { phase: 'switched', receipt: done.receipt } });
    const wayBack = await platform.run('db:switch', { back: true, dry_run: true });
    expect(wayBack.result).toMatchObject({ returns: true, needs_confirmation: [] });
    expect((await platform.get(`/backend?plan=${wayBack.plan}`)).text).toContain(
      'Nobody has written to that',
    );
    const back = await platform.switched({ back: true });
    expect([back.to, await holds(from)]).toEqual([done.from, ['after the switch']]);
    expect((await platform.get('/api/db:size')).json.product).toBe(here);
    expect((await platform.get('/backend')).text).toContain('The last switch');
  });
});

function fileOf({ settings }: TestDatabase): string {
  return settings.connection === 'sqlite' ? settings.file : '';
}

async function holds({ engine }: Made): Promise<string[]> {
  const rows = await engine.kysely<Database>().selectFrom('retention_hold').select('reason').execute();
  return rows.map(({ reason }) => reason ?? '');
}

describe.skipIf(!isAvailable('postgresql'))('a password that was typed', () => {
  test('is in no answer, no log and no history, whatever comes of it', async () => {
    const [from, to] = [await filled(), await empty('postgresql')];
    const platform = await Platform.of(from);
    const {
      DB_USERNAME: user,
      DB_PASSWORD: password = '',
      DB_HOST: host,
      DB_PORT: port,
      DB_DATABASE: database,
    } = to.environment;
    const wrong = 'n0t-the-right+one';
    const at = `${host}:${port}/${database}`;
    const refused = [
      { to: `pgsql://${user}@${at}`, password: wrong },
      { to: `pgsql://${user}:${encodeURIComponent(wrong)}@${at}` },
      { to: `pgsql://${user}:${wrong}@127.0.0.1:1/${database}` },
      { to: `mysql:${user}:${wrong}@${at}` },
      { to: `oracle://${user}:${wrong}@${at}` },
      { to: `pgsql://${user}:${wrong}@${at}?password=${wrong}` },
    ];
    for (const target of refused) {
      const { error } = await platform.run('db:switch', { ...target, dry_run: true });
      expect(error, target.to).not.toBeNull();
    }
    expect((await platform.post('db:switch', { to: `x${wrong}`, back: true })).status).toBe(400);

    const done = await platform.switched({ to: `pgsql://${user}:${encodeURIComponent(password)}@${at}` });
    expect(done.to).toContain(database);
    // It is where it belongs.
    expect(readFileSync(platform.file, 'utf8')).toContain(password);
    for (const path of [
      '/backend',
      '/run',
      '/api/runs',
      '/api/openapi.json',
      '/api/housekeeper:history?limit=1000',
    ])
      await platform.get(path);
    const journal = readFileSync(`${platform.file}.switch.json`, 'utf8');
    const said = [...platform.heard, ...platform.console.logged, journal].join('\n');
    for (const secret of [wrong, encodeURIComponent(wrong), password, encodeURIComponent(password)])
      expect(said.includes(secret)).toBe(false);
  });
});

test('a settings file elsewhere is not read, and an address takes no URL and no password', async () => {
  const platform = await Platform.of(await filled());
  for (const name of ['/etc/passwd', '../multiflexi.env', 'multiflexi.env.switch.json', 'none.env']) {
    const { error } = await platform.run('db:switch', { to_env: name, dry_run: true });
    expect([name, error?.code]).toEqual([name, name === 'none.env' ? 'SETTINGS_INVALID' : 'USAGE']);
    const { status } = await platform.get(`/api/db:switch?to_env=${encodeURIComponent(name)}`);
    expect([name, status]).toEqual([name, name === 'none.env' ? 500 : 400]);
  }
  const inAddress = async (query: string) => (await platform.get(`/api/db:switch?${query}`)).json.error.code;
  expect(await inAddress('to=pgsql://a:b@c/d')).toBe('USAGE');
  expect(await inAddress('back=true&password=b')).toBe('TOKEN_IN_ADDRESS');
  expect(await inAddress('')).toBe('USAGE');
  expect(await inAddress('back=true')).toBe('CANNOT_SWITCH');
  expect(await inAddress('plan=0d3c5d4e-0000-4000-8000-000000000001')).toBe('PLAN_OUTDATED');
});

test('who may only look sees the plan by a settings file, and has nothing checked or changed', async () => {
  const [from, to] = [await filled(), await empty('sqlite')];
  const platform = await Platform.of(from, { access: { kind: 'own', name: 'reader', scope: 'read' } });
  platform.write('new.env', lines(to));
  for (const input of [{ to_env: 'new.env' }, { to_env: 'new.env', dry_run: true }, { to: 'sqlite:///x' }])
    expect((await platform.post('db:switch', input)).json.error.code).toBe('READ_ONLY_ACCOUNT');
  expect((await platform.post('export', {})).json.error.code).toBe('READ_ONLY_ACCOUNT');
  PLANNED_SWITCH.parse((await platform.get('/api/db:switch?to_env=new.env')).json);
  const { text } = await platform.get('/backend');
  expect([text.includes('data-command'), text.includes('may not have it do that')]).toEqual([false, true]);
});

test('settings that are in no file are not replaced, and the page says so', async () => {
  const from = await filled();
  const console = await testConsole({ ...from.environment, HOME: tmpdir() });
  undo.push(() => console.close(1_000));
  const visitor = await Visitor.loggedIn(console);
  const state = SWITCH_STATE.parse((await visitor.get('/api/db:switch:last')).json);
  expect(state).toMatchObject({
    settings_file: null,
    last: null,
    problem: expect.stringContaining('environment'),
  });
  const { text } = await visitor.get('/backend');
  expect(text).toContain('This console cannot replace the settings');
  expect(text).not.toContain('data-command="db:switch"');
});

test('nothing else is changed meanwhile; one that was stopped is known, and continued', async () => {
  const [from, to] = [await filled(), await empty('sqlite')];
  const platform = await Platform.of(from);
  platform.write('new.env', lines(to));
  await platform.get('/growth');
  await whileLocked(from, async () => {
    const id = await platform.begun('db:switch', { to_env: 'new.env' });
    const change = await platform.post('retention:hold', { job: 1, reason: 'would be lost' });
    expect([change.status, change.json.error.code]).toEqual([409, 'LOCKED']);
    await expect.poll(async () => (await platform.state()).last?.phase, { timeout: 60_000 }).toBe('copying');
    const plan = await platform.get('/api/db:switch?to_env=new.env');
    expect([plan.status, plan.json.error.code]).toEqual([409, 'LOCKED']);
    await platform.delete(`/api/runs/${id}`);
    expect(await platform.ended(id)).toMatchObject({ state: 'interrupted', plan: null });
  });
  for (const path of ['/run', '/backend'])
    expect((await platform.get(path)).text.replaceAll(/<main.*<\/main>/gs, '')).toContain(fileOf(from));
  expect((await platform.get('/backend')).text).toContain('not finished');
  const check = await platform.run('db:switch', { to_env: 'new.env', dry_run: true });
  expect(check.result).toMatchObject({ continues: true, problems: [] });
  await platform.switched({ to_env: 'new.env' });
  expect(await platform.state()).toMatchObject({ last: { phase: 'switched' } });
});
