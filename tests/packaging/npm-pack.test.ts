/** What `npm pack` makes can be installed where there is nothing, not even a cache, and runs. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

const folder = mkdtempSync(join(tmpdir(), 'multiflexi-npm-'));
afterAll(() => rmSync(folder, { recursive: true }));

function run(command: string, words: readonly string[], cwd: string): string {
  const { npm_config_cache: _, ...env } = process.env;
  return execFileSync(command, words, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...env, HOME: join(folder, 'home'), XDG_DATA_HOME: join(folder, 'data'), NODE_COMPILE_CACHE: '' },
  });
}

test('an npm pack installs with better-sqlite3 alone, and shows the tour and the status', () => {
  for (const name of ['home', 'installed']) mkdirSync(join(folder, name));
  // Built already: building again would take the program away from tests that run it meanwhile.
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], CHECKOUT);
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.tgz'));
  const installed = join(folder, 'installed');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  run('npm', ['install', ...quiet, '--cache', join(folder, 'cache'), join(folder, file)], installed);
  const packages = readdirSync(join(installed, 'node_modules')).filter((name) => !name.startsWith('.'));
  expect(packages).toEqual(['better-sqlite3', 'multiflexi-database', 'node-addon-api']);

  expect(run('npx', ['multiflexi-cli', 'tour'], installed)).toContain('What prune would delete');
  expect(run('npx', ['multiflexi-cli', 'db:status'], installed)).toContain(' 0 pending, 0 missing');
  expect(run('npx', ['multiflexi-housekeeper', '--dry-run'], installed)).toContain('Nothing was changed.');
}, 300_000);
