/** The command, as an administrator calls it. What it does to rows is in tests/transfer/import.test.ts. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EXIT } from '../../src/errors.ts';
import { cli } from '../harness/cli.ts';
import { freshFile } from '../harness/databases.ts';
import { migratedDatabase } from '../harness/engines.ts';
import { exportTo, fillNasty } from '../harness/exported.ts';

const directory = mkdtempSync(join(tmpdir(), 'multiflexi-import-process-'));
const file = join(directory, 'backup.json');
const target = freshFile();

beforeAll(async () => {
  const source = await migratedDatabase('sqlite');
  await fillNasty(source.engine);
  await exportTo(source.engine, file);
  await source.drop();
});
afterAll(async () => {
  await target.drop();
  rmSync(directory, { recursive: true });
});

test('a dry run and a damaged file make no database', async () => {
  const planned = await cli(['import', file, '--dry-run', '-f', 'json'], target.environment);
  expect([planned.exit, planned.stderr]).toEqual([EXIT.done, '']);
  expect(JSON.parse(planned.stdout)).toMatchObject({ dry_run: true, form: 'json', target: 'empty' });
  const text = join(directory, 'damaged.json');
  writeFileSync(text, '{"format": "multiflexi export", "version": 1');
  const damaged = await cli(['import', text], target.environment);
  expect(damaged.exit).toBe(EXIT.differs);
  expect(damaged.stderr.split('\n')).toHaveLength(3);
  expect((await cli(['import', '-'], target.environment)).exit).toBe(EXIT.usage);
  expect((await cli(['import', directory], target.environment)).exit).toBe(EXIT.failed);
  expect(existsSync(target.environment.DB_DATABASE ?? '')).toBe(false);
});

test('an import says that all is there, and a second one is refused', async () => {
  const done = await cli(['import', file, '-f', 'json'], target.environment);
  expect([done.exit, done.stderr]).toEqual([EXIT.done, '']);
  expect(JSON.parse(done.stdout)).toMatchObject({ dry_run: false, continued: false, migrations: [] });
  const again = await cli(['import', file], target.environment);
  expect(again.exit).toBe(EXIT.refused);
  expect(again.stderr).toContain('artifacts');
  expect((await cli(['db:verify'], target.environment)).exit).toBe(EXIT.done);
  expect((await cli(['db:check'], target.environment)).exit).toBe(EXIT.done);
});
