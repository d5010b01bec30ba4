/** Exports of the console: files of its own naming, for its own account alone, that are known afterwards. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { EXPORTED, HOUSEKEEPER_HISTORY } from '../../src/documents/schemas.ts';
import { RUN } from '../../src/server/runs/run.schema.ts';
import { testConsole, Visitor } from '../harness/console.ts';
import { migratedDatabase } from '../harness/engines.ts';
import { makeCompany } from '../harness/history.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const one of undo.splice(0).reverse()) await one();
});

async function platform(settings: Readonly<Record<string, string>> = {}) {
  const home = mkdtempSync(join(tmpdir(), 'console-exports-'));
  undo.push(() => rmSync(home, { recursive: true, force: true }));
  const database = await migratedDatabase('sqlite');
  undo.push(() => database.drop());
  await makeCompany(database.engine);
  const named = Object.entries(settings).map(([name, value]) => [name, join(home, value)] as const);
  for (const [name, path] of named) {
    if (name.endsWith('_DIR')) mkdirSync(path);
    else writeFileSync(path, 'correct horse battery\n', { mode: 0o600 });
  }
  const environment = { ...database.environment, HOME: home, ...Object.fromEntries(named) };
  const console = await testConsole(environment);
  undo.push(() => console.close(10_000));
  const visitor = await Visitor.loggedIn(console);
  const run = async (input: Readonly<Record<string, unknown>>) => {
    const { json } = await visitor.post('/api/export', input);
    return RUN.parse((await visitor.ended(json.id)).json);
  };
  return { home, visitor, run };
}

test('one is in the directory of exports, is nobody else’s, and is known with its place and size', async () => {
  const { home, visitor, run } = await platform();
  const { error, result } = await run({});
  expect(error).toBeNull();
  const { file, bytes, recorded } = EXPORTED.parse(result);
  const directory = join(home, '.local', 'share', 'multiflexi', 'exports');
  expect(file).toMatch(new RegExp(`^${directory}/multiflexi-\\d{8}T\\d{6}Z\\.rows\\.zst$`));
  const { mode, size } = statSync(file ?? '');
  expect([mode & 0o777, statSync(directory).mode & 0o777, size, recorded]).toEqual([
    0o600,
    0o700,
    bytes,
    true,
  ]);
  const { json } = await visitor.get('/api/housekeeper:history?duty=export');
  const [known] = HOUSEKEEPER_HISTORY.parse(json).runs;
  expect(known?.note).toContain(`${bytes} bytes to ${file}`);
  expect((await visitor.get('/backend')).text).toContain(file);
});

test('one goes where the settings say, as JSON or encrypted, and its name is nobody’s to choose', async () => {
  const { home, visitor, run } = await platform({
    EXPORT_DIR: 'kept',
    ARCHIVE_PASSPHRASE_FILE: 'passphrase',
  });
  const json = EXPORTED.parse((await run({ form: 'json', company: 'acme' })).result);
  expect(JSON.parse(readFileSync(json.file ?? '', 'utf8'))).toMatchObject({
    counts: { company: { rows: 1 } },
  });
  expect(EXPORTED.parse((await run({ encrypt: true })).result).encrypted).toBe(true);
  expect(readdirSync(join(home, 'kept'))).toHaveLength(2);
  const refused = await visitor.post('/api/export', { file: '/etc/cron.d/x' });
  expect([refused.status, refused.json.error.code]).toEqual([400, 'USAGE']);
});

test('none is encrypted without a passphrase, or in JSON', async () => {
  const { home, run } = await platform();
  expect((await run({ encrypt: true })).error?.code).toBe('PASSPHRASE_NEEDED');
  expect((await run({ encrypt: true, form: 'json' })).error).not.toBeNull();
  expect(readdirSync(home)).toEqual([]);
});
