/** A platform's settings file, and the change of its database to another one, as an administrator does it. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { sql } from 'kysely';
import type { Engine } from '../../src/engines/index.ts';
import { MIGRATIONS, modelOf } from '../../src/migrations/index.ts';
import { cli, type Finished, startCli } from './cli.ts';
import type { TestDatabase } from './databases.ts';

export interface Switching {
  readonly directory: string;
  /** The platform's settings. */
  readonly file: string;
  /** `db:switch --to-env` the other one, with these words behind. */
  run(...words: string[]): Promise<Finished>;
  back(...words: string[]): Promise<Finished>;
  start(...words: string[]): ReturnType<typeof startCli>;
  settings(): NodeJS.Dict<string>;
  remove(): void;
}

export function switching(from: TestDatabase, to: TestDatabase): Switching {
  const directory = mkdtempSync(join(tmpdir(), 'switching-'));
  const file = join(directory, 'multiflexi.env');
  const other = join(directory, 'new.env');
  writeFileSync(file, `# The platform\nZABBIX_SERVER=10.0.0.1\n${lines(from)}# behind\nLOG=debug\n`);
  chmodSync(file, 0o640);
  writeFileSync(other, lines(to));
  const words = (...more: readonly string[]) => ['db:switch', '-e', file, ...more];
  return {
    directory,
    file,
    run: (...more) => cli(words('--to-env', other, ...more)),
    back: (...more) => cli(words('--back', ...more)),
    start: (...more) => startCli(words(...(more.length > 0 ? more : ['--to-env', other]))),
    settings: () => parseEnv(readFileSync(file, 'utf8')),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

function lines({ environment }: TestDatabase): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Rows of a table as they are read, whatever engine they are on: by its key, in JSON with JSON inside. */
export async function contents(
  engine: Engine,
  except: readonly string[] = [],
): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const table of modelOf(MIGRATIONS).keys()) {
    if (except.includes(table)) continue;
    const { rows } = await sql<
      Record<string, unknown>
    >`select * from ${sql.table(table)} order by id`.execute(engine.kysely<unknown>());
    const hash = createHash('sha256');
    for (const row of rows)
      hash.update(
        JSON.stringify(
          Object.entries(row)
            .map(([name, value]) => [name, plain(value)] as const)
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        ),
      );
    found[table] = `${rows.length} rows ${hash.digest('hex').slice(0, 16)}`;
  }
  return found;
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (typeof value !== 'string' || !/^[[{]/.test(value)) return value;
  try {
    return sorted(JSON.parse(value));
  } catch {
    return value;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, part]) => [name, sorted(part)]);
}
