/** The doors of the house are held by the lint rule: a file that goes through a wall fails it. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

describe('the door rule', () => {
  let house: string;
  beforeAll(() => {
    house = mkdtempSync(join(tmpdir(), 'multiflexi-house-'));
    cpSync(join(ROOT, 'biome.json'), join(house, 'biome.json'));
    execFileSync('git', ['init', '-q'], { cwd: house });
    writeFileSync(join(house, '.gitignore'), '');
  });
  afterAll(() => rmSync(house, { recursive: true, force: true }));

  const lint = (file: string, specifier: string) => {
    mkdirSync(join(house, file, '..'), { recursive: true });
    writeFileSync(
      join(house, file),
      `import { thing } from '${specifier}';\n\nexport const other = thing;\n`,
    );
    const done = spawnSync(join(ROOT, 'node_modules/.bin/biome'), ['lint', file], {
      cwd: house,
      encoding: 'utf8',
    });
    rmSync(join(house, file));
    return done.stdout + done.stderr;
  };

  test.each([
    ['src/cli/commands/a.ts', '../../cleanup/index.ts'],
    ['src/cli/commands/a.ts', '../../migrations/index.ts'],
    ['src/cli/a.ts', '../schema/index.ts'],
    ['src/tasks/a.ts', '../documents/index.ts'],
    ['src/tasks/a.ts', '../cli/terminal.ts'],
    ['src/documents/a.ts', '../cli/numbers.ts'],
    ['src/engines/a.ts', '../migrations/index.ts'],
    ['src/engines/mysql/a.ts', '../../settings/index.ts'],
    ['src/settings/a.ts', '../cli/index.ts'],
    ['src/schema/a.ts', '../cleanup/index.ts'],
    ['src/migrations/a.ts', '../sample/index.ts'],
    ['src/cleanup/a.ts', '../cli/terminal.ts'],
    ['src/transfer/a.ts', '../housekeeper/index.ts'],
    ['src/system/a.ts', '../engines/index.ts'],
    ['src/server/a.ts', '../cli/terminal.ts'],
    ['src/server/work/a.ts', '../../cleanup/index.ts'],
    ['src/tasks/a.ts', '../web/index.ts'],
    ['src/web/pages/a.ts', '../../tasks/index.ts'],
    ['src/cli/commands/a.ts', '../../web/index.ts'],
  ])('shuts %s off from %s', (file, specifier) => {
    expect(lint(file, specifier)).toContain('No door leads from');
  });

  test.each([
    ['src/cleanup/a.ts', '../engines/failure.ts'],
    ['src/cli/commands/a.ts', '../../tasks/prune.ts'],
    ['src/maintenance/a.ts', '../schema/tables.ts'],
    ['src/cli/commands/a.ts', '../../server/start.ts'],
    ['src/engines/mysql/a.ts', '../../system/failures.ts'],
  ])('lets %s in by the front door alone, not by %s', (file, specifier) => {
    expect(lint(file, specifier)).toContain('front door');
  });

  test.each([
    ['src/cleanup/a.ts', '../engines/index.ts'],
    ['src/cli/commands/a.ts', '../../tasks/index.ts'],
    ['src/engines/mysql/a.ts', '../failure.ts'],
    ['src/engines/mysql/a.ts', '../../system/index.ts'],
  ])('lets %s through to %s', (file, specifier) => {
    expect(lint(file, specifier)).not.toContain('noRestrictedImports');
  });
});
