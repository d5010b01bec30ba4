/** The server dies in the middle of an ALTER: started again, the same migration completes, and no row is lost. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { type Engine, openEngine } from '../../src/engines/index.ts';
import { applyMigrations } from '../../src/migrations/apply.ts';
import { id, nullable, reference, string } from '../../src/migrations/columns.ts';
import type { Migration } from '../../src/migrations/migration.ts';
import {
  addColumn,
  createIndex,
  createTable,
  dropColumn,
  dropTable,
} from '../../src/migrations/operations/index.ts';
import { planMigrate } from '../../src/migrations/plan.ts';
import { schemaDigest } from '../harness/digests.ts';
import { isAvailable } from '../harness/engines.ts';
import { provideCrashable, SERVER_ENGINES, type TestServer } from '../servers/index.ts';

const ROWS = 150_000;
const parent = nullable(reference('parent_id', 'large', 'set null', 'the one before'));
const large: Migration = {
  version: '20300101000000',
  name: 'large',
  up: [createTable('large', 'many rows', [id('key'), string('word', 50, 'a word')])],
  down: [dropTable('large')],
};
const altered: Migration = {
  version: '20300102000000',
  name: 'altered',
  up: [createIndex('large', 'word'), addColumn('large', parent), createIndex('large', 'word', 'id')],
  down: [dropColumn('large', parent)],
};

for (const name of SERVER_ENGINES) {
  describe.skipIf(!isAvailable(name))(`the ${name} server`, () => {
    test('dies while it alters a large table, and the next run finishes', { timeout: 300_000 }, async () => {
      const crashable = await provideCrashable(name);
      if (!crashable) throw new Error(`no ${name} server of its own`);
      try {
        const settings = await newDatabase(crashable.server);
        const wanted = await undisturbed(crashable.server);
        const steps: string[] = [];
        for (const delay of [0, 30, 120, 400]) {
          let engine = await openEngine(settings, 'change');
          const crashed = await interrupted(engine, delay, async () => {
            await crashable.crash();
            await crashable.startAgain();
          });
          await engine.close().catch(() => {});
          steps.push(crashed);
          engine = await openEngine(settings, 'change');
          await run(engine, () => planMigrate(engine, [large, altered]));
          expect([delay, await schemaDigest(engine)]).toEqual([delay, wanted]);
          const { rows } = await sql<{
            n: bigint;
            s: unknown;
          }>`select count(*) as n, sum(id) as s from large`.execute(engine.kysely<unknown>());
          expect(rows.map(({ n, s }) => [Number(n), Number(s)])).toEqual([[ROWS, (ROWS * (ROWS + 1)) / 2]]);
          await sql`drop table large`.execute(engine.kysely());
          for (const table of ['multiflexi_migration', 'multiflexi_migration_step'])
            await sql`drop table ${sql.table(table)}`.execute(engine.kysely());
          await engine.close();
        }
        // At least one of them died at work.
        expect(steps.filter((step) => step !== 'done')).not.toEqual([]);
      } finally {
        await crashable.stop();
      }
    });
  });
}

async function fill(engine: Engine): Promise<void> {
  await run(engine, () => planMigrate(engine, [large]));
  await engine.bulkLoad({
    table: 'large',
    columns: ['id', 'word'],
    rows: Array.from({ length: ROWS }, (_, index) => [BigInt(index + 1), `word ${index % 977}`]),
  });
}

/** @returns the step at which the server died, or `done` */
async function interrupted(engine: Engine, delay: number, crash: () => Promise<void>): Promise<string> {
  await fill(engine);
  let at = 'done';
  let crashing: Promise<void> | undefined;
  let step = '';
  try {
    const lock = await engine.lock({ name: 'migrations', program: 'test', waitMs: 60_000 });
    await applyMigrations(engine, await planMigrate(engine, [large, altered]), {
      lock,
      onProgress: (progress) => {
        if (progress.event === 'begun') step = progress.summary;
        crashing ??= sleep(delay).then(crash);
      },
    });
    await crashing;
    await lock.release();
  } catch (error) {
    expect([String(error), (error as { exit?: number }).exit]).toEqual([expect.any(String), 4]);
    at = step;
    await crashing;
  }
  return at;
}

async function run(engine: Engine, plan: () => ReturnType<typeof planMigrate>): Promise<void> {
  const lock = await engine.lock({ name: 'migrations', program: 'test', waitMs: 60_000 });
  await applyMigrations(engine, await plan(), { lock });
  await lock.release();
}

async function undisturbed(server: TestServer): Promise<string> {
  const engine = await openEngine(await newDatabase(server), 'change');
  await fill(engine);
  await run(engine, () => planMigrate(engine, [large, altered]));
  const digest = await schemaDigest(engine);
  await engine.close();
  return digest;
}

async function newDatabase({ engine, host, port, user, password }: TestServer) {
  const database = `mf_${randomBytes(6).toString('hex')}`;
  if (engine === 'postgresql') {
    const client = new pg.Client({ host, port, user, password, database: 'postgres' });
    await client.connect();
    await client.query(`create database "${database}"`).finally(() => client.end());
  } else {
    const client = await mysql.createConnection({ host, port, user, password });
    await client.query(`create database \`${database}\``).finally(() => client.end());
  }
  return {
    connection: engine === 'postgresql' ? 'pgsql' : 'mysql',
    host,
    port,
    socket: undefined,
    database,
    username: user,
    password,
    tls: { mode: 'off' },
  } as const;
}
