/** Whatever command waits for a table that somebody has locked: a signal ends it within ten seconds, and a second run is whole. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type RawBuilder, sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { COMMANDS } from '../../src/cli/catalogue.ts';
import type { Engine, EngineName } from '../../src/engines/index.ts';
import { cli, finished, startCli } from '../harness/cli.ts';
import { describeEngines, ENGINE_NAMES, migratedDatabase, testWhere } from '../harness/engines.ts';

const WITHIN_MS = 10_000;
/** As long as a wait may take to be the one that is meant: a signal that comes before it is another good test. */
const UNDERWAY_MS = 2_500;
const AT_A_TIME = 4;
const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const;

/** Every command that may wait for a table, as it would be called to do its work. */
function callsOf({
  directory,
  settings,
  backup,
  archive,
}: Prepared): Readonly<Record<string, readonly string[]>> {
  const archives = ['--archive', directory];
  return {
    status: [],
    'status:dismiss': ['drift', '--reason', 'x'],
    'status:restore': ['drift'],
    'db:status': [],
    'db:migrate': [],
    'db:rollback': ['-t', '0', '--yes', '--no-backup'],
    'db:restore-rollback': [backup, '--yes'],
    'db:verify': [],
    'db:check': [],
    'db:breakpoint': [],
    'db:digest': [],
    'db:switch': ['--to', `sqlite://${join(directory, 'new.sqlite')}`, '--yes', '-e', settings],
    'db:size': ['--exact'],
    'db:reclaim': [],
    'db:analyze': [],
    'db:vacuum': [],
    'db:optimize': ['--yes'],
    prune: ['--logs', '--jobs', '--keep', '1', '--yes', ...archives],
    'retention:list': [],
    'retention:set': ['job', '--older-than', '1d'],
    'retention:remove': ['1'],
    'retention:plan': [],
    'retention:run': ['--yes', ...archives],
    'retention:hold': ['--job', '5', '--reason', 'x'],
    'retention:release': ['1'],
    'retention:explain': ['5'],
    'archive:restore': [archive, '--yes', ...archives],
    export: ['--output', join(directory, 'export.zst'), '--yes'],
    'housekeeper:run': ['--once'],
    'housekeeper:status': [],
    'housekeeper:history': [],
    'token:create': ['alice'],
    'token:list': [],
    'token:revoke': ['1'],
    'sample:load': ['--jobs', '10', '--force'],
  };
}

/** They open no database, or serve until they are ended, which is what a signal does there. */
const WITHOUT = [
  'archive:list',
  'archive:show',
  'archive:verify',
  'archive:remove',
  'housekeeper:duties',
  'settings:write',
  'console',
  'tour',
  // It wants an empty database, of which nobody has locked a table.
  'import',
];

interface Prepared {
  readonly directory: string;
  readonly settings: string;
  readonly backup: string;
  readonly archive: string;
}

/** The platform's tables: what the program keeps for itself is read before anything else, and would end most commands at once. */
async function lockTables(engine: Engine, release: Promise<void>, held: () => void): Promise<void> {
  const names = (await engine.tableNames())
    .filter((table) => !/^(?:multiflexi_|installation)/.test(table))
    .map((table) => sql.table(table));
  const statements: Readonly<
    Record<EngineName, readonly [begin: RawBuilder<unknown>, end: RawBuilder<unknown>]>
  > = {
    sqlite: [sql`begin exclusive`, sql`rollback`],
    postgresql: [sql`lock table ${sql.join(names)} in access exclusive mode`, sql`rollback`],
    mysql: [sql`lock tables ${sql.join(names.map((name) => sql`${name} write`))}`, sql`unlock tables`],
    mariadb: [sql`lock tables ${sql.join(names.map((name) => sql`${name} write`))}`, sql`unlock tables`],
  };
  const [begin, end] = statements[engine.name as EngineName];
  await engine
    .kysely<unknown>()
    .connection()
    .execute(async (db) => {
      if (engine.name === 'postgresql') await sql`begin`.execute(db);
      await begin.execute(db);
      held();
      await release;
      await end.execute(db);
    });
}

test('every command is among those that are tried', () => {
  const nowhere = { directory: '', settings: '', backup: '', archive: '' };
  expect([...Object.keys(callsOf(nowhere)), ...WITHOUT].sort()).toEqual([...COMMANDS.keys()].sort());
});

describeEngines("while somebody has locked the platform's tables", (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let locker: Engine;
  let prepared: Prepared;
  let letGo = () => {};
  let locking: Promise<void>;

  beforeAll(async () => {
    database = await migratedDatabase(name);
    const directory = mkdtempSync(join(tmpdir(), 'multiflexi-locked-'));
    const settings = join(directory, 'multiflexi.env');
    writeFileSync(
      settings,
      Object.entries(database.environment)
        .map(([word, value]) => `${word}='${value}'\n`)
        .join(''),
    );
    const done = async (...words: string[]) =>
      expect(await cli(words, database.environment)).toMatchObject({ exit: 0 });
    await done('sample:load', '--jobs', '60', '--days', '90');
    await done('prune', '--jobs', '--older-than', '80d', '--guard', '100', '--yes', '--archive', directory);
    const archive = readdirSync(directory).find((file) => /^\d{8}T/.test(file)) ?? '';
    const backup = join(directory, 'none.rows.zst');
    prepared = { directory, settings, backup, archive };
    locker = await database.open();
    const { promise: release, resolve } = Promise.withResolvers<void>();
    const { promise: held, resolve: has } = Promise.withResolvers<void>();
    letGo = resolve;
    locking = lockTables(locker, release, has);
    await Promise.race([held, locking]);
  });
  afterAll(async () => {
    letGo();
    await locking;
    await locker.close();
    await database.drop();
    rmSync(prepared.directory, { recursive: true });
  });

  const mine = (place: number) =>
    process.env.MULTIFLEXI_TEST_EVERY_MOMENT !== undefined ||
    place % ENGINE_NAMES.length === ENGINE_NAMES.indexOf(name);

  test('a signal ends whatever waits for them', async () => {
    const calls = Object.entries(callsOf(prepared)).filter((_, place) => mine(place));
    const found: unknown[] = [];
    const next = calls.entries();
    const one = async () => {
      for (const [place, [command, options]] of next) {
        const child = startCli([command, ...options], database.environment);
        const done = finished(child);
        await Promise.race([done, sleep(UNDERWAY_MS)]);
        const sent = performance.now();
        child.kill(SIGNALS[place % 3]);
        const ended = await done;
        const milliseconds = performance.now() - sent;
        if (milliseconds >= WITHIN_MS || /^\s+at /m.test(ended.stderr))
          found.push([command, milliseconds, ended]);
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, one));
    expect(found).toEqual([]);
  });

  testWhere(name === 'postgresql')(
    'a restore waits for them as a purge does, though the catalogue is locked as well',
    async () => {
      const words = ['archive:restore', prepared.archive, '--yes', '--archive', prepared.directory];
      const child = startCli(words, database.environment);
      const done = finished(child);
      // More than a single lock timeout.
      await Promise.race([done, sleep(2 * UNDERWAY_MS)]);
      child.kill('SIGTERM');
      expect(await done).toMatchObject({
        exit: 1,
        stderr: expect.stringContaining('Interrupted by SIGTERM'),
      });
    },
  );

  testWhere(name === 'sqlite')(
    'the housekeeper says that the file is locked, not that another one is running',
    async () => {
      const { exit, stderr } = await cli(['housekeeper:run', '--once'], database.environment);
      expect([exit, stderr]).toEqual([
        1,
        expect.stringContaining('Another session held a lock on the SQLite file'),
      ]);
    },
  );
});
