/** Every page, as it comes from the server: whole whatever the database says, and with nothing that its browser would refuse. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PURGED } from '../../src/documents/schemas.ts';
import { ASSETS, PAGES } from '../../src/web/index.ts';
import { type TestConsole, testConsole, Visitor } from '../harness/console.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { makeCompany, makeHistory, type TestJob } from '../harness/history.ts';

const JOBS = 40;
/** Each page as it is opened from the menu, and with each of its plans. */
const ADDRESSES = [
  '/',
  '/growth',
  '/growth?by=template',
  '/purge',
  '/purge?jobs=true&logs=true&keep=10&archive=true',
  '/purge?by=policies',
  '/purge?explain=39',
  '/retention',
  '/archives',
  '/housekeeper',
  '/housekeeper?plan=yes&duty=retention',
  '/migrations',
  '/migrations?plan=up',
  '/migrations?plan=down',
  '/migrations?plan=down&target=20241209204404',
  '/migrations?verify=yes',
  '/tables',
  '/tables?plan=analyze',
  '/tables?plan=vacuum',
  '/tables?plan=reclaim',
  '/tables?plan=optimize',
  '/backend',
  '/backend?export=plan',
  '/run',
];

describeEngines('the pages', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let archives: string;
  let console: TestConsole;
  let visitor: Visitor;

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
  });
  afterAll(async () => {
    await console.close(0);
    await database.drop();
    rmSync(archives, { recursive: true, force: true });
  });

  test('a database that nobody has asked is not said to be silent', async () => {
    const { text } = await visitor.get('/run');
    expect(text).toContain('The database has not been asked yet.');
  });

  test.each(ADDRESSES)(
    '%s has a panel for each of its questions, and leads nowhere that is not there',
    async (address) => {
      const { status, text } = await visitor.get(address);
      expect([status, text.match(/class="failure".*?<\/div>/s)?.[0]]).toEqual([200, undefined]);
      // The policy of the page lets none of it be.
      expect(text).not.toMatch(/<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/);
      const paths = [...text.matchAll(/(?:href|src|action)="(\/[^"?#]*)/g)].map(([, path = '']) => path);
      const known = new Set([...PAGES.keys(), ...[...ASSETS.values()].map(({ path }) => path)]);
      expect(paths.filter((path) => !known.has(path))).toEqual([]);
      expect(paths).toEqual(expect.arrayContaining([...PAGES.keys()].filter((path) => path !== '/run')));
    },
  );

  test('the plan of a purge has the number that must be typed, and the job that stays its reasons', async () => {
    const { text } = await visitor.get('/purge?jobs=true&keep=10&explain=1');
    // Ten jobs stay of forty; each has an artifact and a log entry.
    expect(text).toContain('data-expected="90"');
    expect(text).toMatch(/Job 1, ok, of/);
  });

  test('what is archived can be looked at, and planned to be restored', async () => {
    const { json } = await visitor.post('/api/prune', { jobs: true, keep: 30, guard: 100, archive: true });
    const { json: run } = await visitor.ended(json.id);
    expect(run).toMatchObject({ state: 'done', error: null });
    const archive = PURGED.parse(run.result).archive?.archive ?? '';
    const { text: done } = await visitor.get('/run');
    expect(done).toContain(`/archives?show=${encodeURIComponent(archive)}`);
    const { text: shown } = await visitor.get(`/archives?show=${encodeURIComponent(archive)}`);
    expect(shown).toContain('Jobs by company');
    const { text: planned } = await visitor.get(`/archives?restore=${encodeURIComponent(archive)}&job=3`);
    expect(planned).toMatch(/Restore 3 rows/);
  });

  test('an account that may only look finds nothing to press', async () => {
    const reading = await testConsole(
      { ...database.environment, HOME: archives },
      { access: { kind: 'own', name: 'reader', scope: 'read' } },
    );
    const reader = await Visitor.loggedIn(reading);
    for (const address of [
      '/',
      '/purge?jobs=true&keep=10',
      '/retention',
      '/migrations?plan=down',
      '/tables?plan=optimize',
    ]) {
      const { text } = await reader.get(address);
      expect([address, text.match(/data-command="[^"]*"/g)]).toEqual([address, null]);
      expect(text).toContain('It cannot change anything.');
    }
    await reading.close(0);
  });
});

describe('a page of a database that does not answer', () => {
  test('says so with the next step on every page, and is still a page', async () => {
    const gone = await testConsole({
      DB_CONNECTION: 'mysql',
      DB_HOST: '127.0.0.1',
      DB_PORT: '1',
      DB_DATABASE: 'none',
      DB_USERNAME: 'nobody',
      DB_PASSWORD: 'x',
      HOME: tmpdir(),
    });
    const visitor = await Visitor.loggedIn(gone);
    for (const path of ['/growth', '/migrations', '/tables', '/housekeeper']) {
      const { status, text } = await visitor.get(path);
      expect([status, text]).toEqual([
        200,
        expect.stringMatching(/class="failure" role="alert".*SERVER_UNREACHABLE/s),
      ]);
      expect(text).toContain('The database does not answer.');
    }
    await gone.close(0);
  });
});

test('text from the database is text: it cannot become markup', async () => {
  const database = await migratedDatabase('sqlite');
  await makeCompany(database.engine);
  const console = await testConsole({ ...database.environment, HOME: tmpdir() });
  const visitor = await Visitor.loggedIn(console);
  await makeHistory(database.engine, [{ id: 1n, status: 'ok', minute: 0, artifacts: 0, logs: 0 }], []);
  const reason = '</td><script>alert(1)</script>"\'&';
  expect((await visitor.post('/api/retention:hold', { job: 1, reason })).status).toBe(200);
  const { text } = await visitor.get('/retention');
  expect(text).toContain('&lt;script>alert(1)&lt;/script>');
  expect(text).not.toContain('<script>alert');
  const { text: asked } = await visitor.get(
    `/purge?explain=${encodeURIComponent('"><script>alert(2)</script>')}`,
  );
  expect(asked).not.toContain('<script>alert');
  await console.close(0);
  await database.drop();
});

test('the first page and all that it loads stay below 60 kB', async () => {
  const database = await migratedDatabase('sqlite');
  const console = await testConsole({ ...database.environment, HOME: tmpdir() });
  const visitor = await Visitor.loggedIn(console);
  const { text } = await visitor.get('/');
  const loaded = [...ASSETS.values()].filter(({ path }) => text.includes(path));
  expect(loaded.length).toBeGreaterThan(2);
  const bytes = [Buffer.from(text), ...loaded.map(({ body }) => body)].map((part) => gzipSync(part).length);
  expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThan(60_000);
  await console.close(0);
  await database.drop();
});
