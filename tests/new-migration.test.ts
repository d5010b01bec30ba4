/** The skeleton that contributors begin with is a migration that runs, up and down. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { migration } from '../src/migrations/migration.ts';
import { createTable, dropTable } from '../src/migrations/operations/index.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

test('a new migration is in the list, in order, and its skeleton runs up and down, in whatever folder', () => {
  const copy = mkdtempSync(join(tmpdir(), 'multiflexi new '));
  for (const folder of ['src', 'scripts', 'package.json'])
    cpSync(join(ROOT, folder), join(copy, folder), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const run = (...words: string[]) => execFileSync(process.execPath, words, { cwd: copy, encoding: 'utf8' });

  expect(run('scripts/new-migration.ts', 'later_thing')).toMatch(/versions\/\d{14}_later_thing\.ts/);
  expect(
    readdirSync(join(copy, 'src/migrations/versions')).filter((file) => file.endsWith('_later_thing.ts')),
  ).toHaveLength(1);
  expect(run('scripts/lint-migrations.ts')).toBe('');
  const script = `
    import { openEngine } from './src/engines/index.ts';
    import { migrate, MIGRATIONS, rollback } from './src/migrations/index.ts';
    const engine = await openEngine({ connection: 'sqlite', file: ':memory:' }, 'create');
    await migrate(engine, { program: 'test', waitMs: 0 });
    const up = (await engine.tableNames()).includes('later_thing');
    await rollback(engine, { program: 'test', waitMs: 0 });
    console.log(MIGRATIONS.at(-1).name, up, (await engine.tableNames()).includes('later_thing'));`;
  expect(run('--input-type=module', '-e', script).trim()).toBe('later_thing true false');

  const { status, stderr } = spawnSync(process.execPath, ['scripts/new-migration.ts', 'Not A Name'], {
    cwd: copy,
    encoding: 'utf8',
  });
  expect([status, stderr]).toEqual([64, expect.stringContaining('small letters')]);
  rmSync(copy, { recursive: true });
});

test('a migration without a way down, or one that destroys in silence, does not load', () => {
  const table = createTable('a', 'a table', []);
  const common = { version: '20300101000000', name: 'a' };
  expect(() => migration({ ...common, up: [table], down: [] })).toThrow('no way down');
  expect(() => migration({ ...common, up: [dropTable('a')], down: [table] })).toThrow('without saying why');
  expect(() =>
    migration({ ...common, up: [dropTable('a')], down: [table], destructive: 'nobody used it' }),
  ).not.toThrow();
  expect(() => migration({ ...common, version: '2030', up: [table], down: [dropTable('a')] })).toThrow(
    'is not a version',
  );
});
