/** docs/changing-the-backend.md: its examples, as somebody would paste them into a shell. */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, inject, test } from 'vitest';
import type { Database } from '../../src/schema/index.ts';
import { cli } from '../harness/cli.ts';
import { freshDatabase, isAvailable, migratedDatabase, type TestDatabase } from '../harness/engines.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/multiflexi-cli.js', import.meta.url));
const PAGE = readFileSync(new URL('../../docs/changing-the-backend.md', import.meta.url), 'utf8');
const [summary = '', backup = '', move = '', back = '', ...more] = [
  ...PAGE.matchAll(/^```sh\n(.*?)^```$/gms),
].map(([, script]) => script ?? '');

test('has no example that is not run here', () => {
  expect(more).toEqual([]);
  expect(summary.split('\n').map((line) => line.replace(/ +#.*/, ''))).toEqual([
    ...move.split('\n').slice(-3, -1),
    back.trim(),
    '',
  ]);
});

describe.runIf(isAvailable('sqlite') && isAvailable('mysql'))('from SQLite to MySQL', () => {
  test('by the examples of the page, and back', async () => {
    const source = await migratedDatabase('sqlite');
    const target = await freshDatabase('mysql');
    const directory = mkdtempSync(join(tmpdir(), 'changing-'));
    const platform = join(directory, 'multiflexi.env');
    writeFileSync(platform, lines(source));
    const given = Object.entries(target.environment);
    const real = given.reduce(
      (script, [name, value]) => script.replace(new RegExp(`^${name}=.*$`, 'm'), `${name}='${value}'`),
      move.replace('END\nchmod', `DB_PORT=${target.environment.DB_PORT}\nEND\nchmod`),
    );
    await cli(['sample:load', '--jobs', '40'], source.environment);
    await shell(backup, directory, platform);
    expect(JSON.parse(readFileSync(join(directory, 'backup.json'), 'utf8'))).toMatchObject({
      complete: true,
    });
    expect(existsSync(join(directory, 'backup.rows.zst'))).toBe(true);
    const moved = await shell(real, directory, platform);
    expect(moved).toContain('Nothing stands in the way.');
    expect(moved).toContain('The settings now name database');
    const engine = await target.open();
    const jobs = await engine.kysely<Database>().selectFrom('job').select('id').execute();
    expect(jobs).toHaveLength(40);
    await engine.kysely<Database>().deleteFrom('job').where('id', '=', 3n).execute();
    expect(await shell(back, directory, platform)).toContain('The settings now name');
    expect(await source.engine.kysely<Database>().selectFrom('job').select('id').execute()).toHaveLength(39);
    await engine.close();
    rmSync(directory, { recursive: true });
    await target.drop();
    await source.drop();
  });
});

async function shell(script: string, directory: string, file: string): Promise<string> {
  const name = `multiflexi-cli() { ${process.execPath} ${PROGRAM} "$@" -e ${file}; }\nset -e\n`;
  const { stdout } = await promisify(execFile)('bash', ['-c', name + script], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: inject('home') },
  });
  return stdout;
}

function lines({ environment }: TestDatabase): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}
