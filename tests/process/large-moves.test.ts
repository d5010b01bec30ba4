/** An artifact of 64 MiB on its way to another database: in pieces within 200 MB, or refused by name, never half moved. */
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EngineName } from '../../src/engines/index.ts';
import {
  administer,
  freshDatabase,
  isAvailable,
  migratedDatabase,
  type TestDatabase,
} from '../harness/engines.ts';
import { makeCompany } from '../harness/history.ts';
import { loadKnown } from '../harness/known-history.ts';
import { contentDigests, fillArtifacts, MIB, peakOf } from '../harness/large-artifacts.ts';

const BYTES = 64 * MIB;
const MOST_MIB = 200;

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'multiflexi-large-moves-'));
});
afterAll(() => rmSync(home, { recursive: true }));

async function withArtifact(name: EngineName): Promise<Awaited<ReturnType<typeof migratedDatabase>>> {
  const database = await migratedDatabase(name);
  await makeCompany(database.engine);
  await loadKnown(database.engine, [{ id: 1n, status: 'ok', minute: 1, artifacts: 1, logs: 1 }]);
  return database;
}

function settingsFile(name: string, { environment }: TestDatabase): string {
  const file = join(home, name);
  writeFileSync(
    file,
    Object.entries(environment)
      .map(([key, value]) => `${key}=${value}\n`)
      .join(''),
  );
  chmodSync(file, 0o600);
  return file;
}

describe.skipIf(!isAvailable('postgresql') || !isAvailable('mariadb'))('from PostgreSQL to MariaDB', () => {
  let source: Awaited<ReturnType<typeof migratedDatabase>>;
  let before: string[];
  beforeAll(async () => {
    await administer('mariadb', `set global max_allowed_packet = ${256 * MIB}`);
    source = await withArtifact('postgresql');
    await fillArtifacts(source.engine, 1, BYTES);
    before = await contentDigests(source.engine, BYTES);
  }, 300_000);
  afterAll(() => source.drop());

  test.each(['moved.rows.zst', 'moved.json'])('by an export, %s', { timeout: 600_000 }, async (name) => {
    const file = join(home, name);
    const target = await freshDatabase('mariadb');
    for (const [words, { environment }] of [
      [['export', '--output', file], source],
      [['import', file], target],
    ] as const) {
      const { exit, stderr, peak } = await peakOf([...words, '-f', 'json'], environment);
      expect([words, exit, stderr]).toEqual([words, 0, expect.not.stringContaining('Error')]);
      expect(peak).toBeLessThan(MOST_MIB);
    }
    const engine = await target.open('inspect');
    expect(await contentDigests(engine, BYTES)).toEqual(before);
    await engine.close();
    await target.drop();
  });

  test('by a change of the backend', { timeout: 600_000 }, async () => {
    const target = await freshDatabase('mariadb');
    const platform = settingsFile('platform.env', source);
    const words = ['db:switch', '-e', platform, '--to-env', settingsFile('new.env', target)];
    const { exit, stderr, peak } = await peakOf(words, {});
    expect([exit, stderr]).toEqual([0, expect.not.stringContaining('Error')]);
    expect(peak).toBeLessThan(MOST_MIB);
    const engine = await target.open('inspect');
    expect(await contentDigests(engine, BYTES)).toEqual(before);
    await engine.close();
    await target.drop();
  });
});

describe.runIf(isAvailable('sqlite'))('from SQLite, which has each value whole in memory', () => {
  test('nothing goes anywhere, and the row is named', { timeout: 300_000 }, async () => {
    const source = await withArtifact('sqlite');
    const { file } = source.settings as { readonly file: string };
    const database = new Database(file);
    database.exec(`update artifacts set content = zeroblob(${BYTES})`);
    database.close();
    const target = await freshDatabase('sqlite');
    const platform = settingsFile('platform.env', source);
    const switching = ['db:switch', '-e', platform, '--to-env', settingsFile('new.env', target)];
    for (const [words, environment] of [
      [['export', '--output', join(home, 'none.rows.zst')], source.environment],
      [['export', '--output', join(home, 'none.json')], source.environment],
      [['db:digest'], source.environment],
      [[...switching, '--dry-run'], {}],
      [switching, {}],
    ] as const) {
      const { exit, stdout, stderr, peak } = await peakOf(words, environment);
      expect([words, exit]).toEqual([words, 5]);
      expect(stdout + stderr).toMatch(
        /artifacts with id \d+.* 67\d+ bytes.*\nNext: .*(?:Nothing was|still uses)/,
      );
      expect(peak).toBeLessThan(MOST_MIB);
    }
    expect(readdirSync(home).filter((name) => name.startsWith('none'))).toEqual([]);
    expect(existsSync((target.settings as { readonly file: string }).file)).toBe(false);
    await target.drop();
    await source.drop();
  });
});
