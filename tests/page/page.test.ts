/** The page that administrators work from: what it prints works, word for word, against our schema. */
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { MIGRATIONS, migrate, modelOf } from '../../src/migrations/index.ts';
import { loadSample } from '../../src/sample/index.ts';
import type { Database } from '../../src/schema/index.ts';
import { cli } from '../harness/cli.ts';
import { describeEngines, freshDatabase, serverOf, type TestDatabase } from '../harness/engines.ts';
import { coreTables, ownCommands, phinxCommands, sqlCommands } from './page.ts';

const DAY_MS = 86_400_000;
const SAMPLE = {
  jobs: 12_000,
  days: 180,
  seed: 1,
  until: Math.floor(Date.now() / DAY_MS) * DAY_MS,
  force: false,
};

describe('the page', () => {
  const original = new URL('../../../shared/database-maintenance.txt', import.meta.url);
  if (existsSync(original)) {
    test('is the one that administrators have', () => {
      expect(readFileSync(new URL('./database-maintenance.txt', import.meta.url), 'utf8')).toBe(
        readFileSync(original, 'utf8'),
      );
    });
  }

  test('was read as it is printed', () => {
    expect(coreTables()).toHaveLength(13);
    expect(sqlCommands('mysql')).toHaveLength(4);
    expect(sqlCommands('psql')).toHaveLength(3);
    expect(phinxCommands()).toHaveLength(5);
    expect(ownCommands()).toEqual(['multiflexi-cli prune --logs --jobs --keep 10000']);
  });

  test('names our tables, and says of each what its comment says', () => {
    const model = modelOf(MIGRATIONS);
    const page = readFileSync(new URL('./database-maintenance.txt', import.meta.url), 'utf8');
    for (const table of coreTables()) expect(page).toContain(model.get(table)?.comment ?? 'no such table');
    // The rest of ours serves maintenance, which the page knows nothing of.
    const own = [...model.keys()].filter((table) => !coreTables().includes(table));
    expect(
      own.every((table) =>
        /^(?:retention_|housekeeping_|installation$|size_sample$|dismissed_finding$)/.test(table),
      ),
    ).toBe(true);
  });

  test('has a counterpart for each of its commands', () => {
    const onThePage = counterparts().map(([page]) => page);
    expect(onThePage).toEqual(expect.arrayContaining([...phinxCommands(), ...ownCommands()]));
  });
});

describeEngines('the page', (name) => {
  let database: TestDatabase;
  let engine: Engine;

  beforeAll(async () => {
    // The page's statements name the database `multiflexi`.
    database = await freshDatabase(name, 'multiflexi');
    engine = await database.open('create');
    await migrate(engine, { program: 'test', waitMs: 0 });
    await loadSample(engine, SAMPLE);
  });
  afterAll(async () => {
    await engine.close();
    await database.drop();
  });

  if (name === 'mysql' || name === 'mariadb') {
    const [deleteOld, optimize, analyze, size] = sqlCommands('mysql');

    test('deletes finished jobs older than 90 days with its own SQL, and their artifacts go along', async () => {
      const cutoff = new Date(Date.now() - 90 * DAY_MS).toISOString().replace('T', ' ').slice(0, 19);
      const old = () => engine.kysely<Database>().selectFrom('job').where('DatCreate', '<', cutoff);
      const before = await old()
        .select(({ fn }) => fn.countAll<bigint>().as('n'))
        .executeTakeFirstOrThrow();
      expect(before.n).toBeGreaterThan(4_000n);
      await shell(name, deleteOld);
      const left = await old().select('status').distinct().execute();
      expect(
        left.map((row) => row.status).filter((status) => status === 'ok' || status === 'failed'),
      ).toEqual([]);
      const orphans = engine
        .kysely<Database>()
        .selectFrom('artifacts')
        .where('job_id', 'not in', (eb) => eb.selectFrom('job').select('id'));
      expect(await orphans.select('id').execute()).toEqual([]);
      const artifacts = await engine
        .kysely<Database>()
        .selectFrom('artifacts')
        .select(({ fn }) => fn.countAll<bigint>().as('n'))
        .executeTakeFirstOrThrow();
      expect(artifacts.n).toBeGreaterThan(10_000n);
      expect(artifacts.n).toBeLessThan(14_000n);
    });

    test('rebuilds and analyses the tables', async () => {
      expect(await shell(name, optimize)).toMatch(/multiflexi\.logger\s+optimize\s+status\s+OK/);
      expect(await shell(name, analyze)).toMatch(/multiflexi\.applications\s+analyze\s+status\s+OK/);
    });

    test('shows the sizes of our tables', async () => {
      const shown = await shell(name, size);
      for (const table of coreTables())
        expect(shown).toMatch(new RegExp(`^${table}\\t\\d+\\.\\d\\d\\t\\d+\\.\\d\\d$`, 'm'));
    });
  }

  if (name === 'postgresql') {
    const [vacuum, vacuumFull, size] = sqlCommands('psql');

    test('runs both of its vacuums as they are written there', async () => {
      expect(await shell(name, vacuum)).toContain('VACUUM');
      expect(await shell(name, vacuumFull)).toContain('VACUUM');
    });

    test('shows the sizes of our tables', async () => {
      const shown = await shell(name, size);
      for (const table of coreTables())
        expect(shown).toMatch(new RegExp(`^ ${table} +\\| \\d+ (bytes|[kMG]B)$`, 'm'));
    });
  }

  test('has counterparts that do what it says, in the order of its table', async () => {
    const history: [string, number | null][] = [];
    // Where others have to wait meanwhile, that takes a yes.
    const blocks = name === 'sqlite' || name === 'postgresql';
    const rebuilt = (tables: string): [string, number][] => {
      const command = `multiflexi-cli db:optimize ${tables}`;
      return [[command, blocks ? 5 : 0], ...(blocks ? [[`${command} --yes`, 0] as [string, number]] : [])];
    };
    for (const [, command] of counterparts()) {
      const words = command.replace(/^multiflexi-cli /, '').split(' ');
      const { exit, stderr } = await cli(words, database.environment);
      history.push([command, exit]);
      if (exit !== 5) continue;
      expect(stderr).toContain('--yes');
      history.push([`${command} --yes`, (await cli([...words, '--yes'], database.environment)).exit]);
    }
    expect(history).toEqual([
      ['multiflexi-cli db:status', 0],
      ['multiflexi-cli db:migrate', 0],
      ['multiflexi-cli prune --logs --jobs --keep 10000', 0],
      // What is newer has nothing but the history of the prune in it, which is saved without a question.
      ['multiflexi-cli db:rollback -t 20251130113650', 0],
      // The newest migration has rows of the sample: destroying them takes a yes.
      ['multiflexi-cli db:rollback', 5],
      ['multiflexi-cli db:rollback --yes', 0],
      ['multiflexi-cli db:migrate', 0],
      ['multiflexi-cli db:analyze job run_template applications', 0],
      ['multiflexi-cli db:vacuum', 0],
      ...rebuilt('job artifacts logger'),
      ...rebuilt('job'),
    ]);
  });

  test('leaves the newest 10,000 log entries after what it prints for pruning', async () => {
    const db = engine.kysely<Database>();
    const logs = await db
      .selectFrom('logger')
      .select(({ fn }) => fn.countAll<bigint>().as('n'))
      .executeTakeFirstOrThrow();
    expect(logs.n).toBe(10_000n);
  });
});

/** The rows of the table in docs/from-the-page.md. */
function counterparts(): [page: string, here: string][] {
  const text = readFileSync(new URL('../../docs/from-the-page.md', import.meta.url), 'utf8');
  return [...text.matchAll(/^\| `([^`]+)` \| `([^`]+)` \|$/gm)].map((row) => [row[1] ?? '', row[2] ?? '']);
}

/**
 * Runs a command of the page in a shell, word for word. What it calls is found on a PATH of ours: the clients log
 * in to the test's server, and `sudo -u USER` runs what follows it. The password that `-p` asks for is typed in.
 */
function shell(name: 'mysql' | 'mariadb' | 'postgresql', command: string | undefined): Promise<string> {
  const { client, password } = serverOf(name);
  if (!client || !command) throw new Error(`there is no client for ${name}`);
  const bin = mkdtempSync(join(tmpdir(), 'multiflexi-page-'));
  const script = (file: string, body: string) => {
    writeFileSync(join(bin, file), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, file), 0o755);
  };
  const words = client.argv.map((word) => `'${word}'`).join(' ');
  script(name === 'postgresql' ? 'psql' : 'mysql', `exec ${words} "$@"`);
  script('sudo', 'shift 2\nexec "$@"');
  return new Promise<string>((resolve, reject) => {
    const environment = { ...process.env, ...client.env, PATH: `${bin}:${process.env.PATH}` };
    const child = execFile(
      'setsid',
      ['-w', 'bash', '-c', command],
      { env: environment },
      (error, stdout, stderr) => {
        rmSync(bin, { recursive: true, force: true });
        if (error) reject(new Error(`${command}\n${stderr}`));
        else resolve(stdout);
      },
    );
    child.stdin?.end(`${password}\n`);
  });
}
