/** `kill -9` at every step: the same command again completes, in the same schema and with the same data. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { MIGRATIONS, migrate, rollback } from '../../src/migrations/index.ts';
import { LEDGER, STEPS } from '../../src/migrations/ledger-tables.ts';
import { compile, type Direction } from '../../src/migrations/migration.ts';
import { loadSample } from '../../src/sample/index.ts';
import { dataDigest, schemaDigest } from '../harness/digests.ts';
import { describeEngines, freshDatabase, type TestDatabase } from '../harness/engines.ts';

const VICTIM = fileURLToPath(new URL('../harness/migrating-process.ts', import.meta.url));
const patient = { program: 'test', waitMs: 60_000 };

describeEngines('killed', (name) => {
  let database: TestDatabase;
  let engine: Engine;
  let undisturbed: string;

  beforeAll(async () => {
    database = await freshDatabase(name);
    engine = await database.open('create');
    await migrate(engine, patient);
    undisturbed = await schemaDigest(engine);
  });
  afterAll(async () => {
    await engine.close();
    await database.drop();
  });

  /** Every boundary of every step, and a moment inside of it. */
  function deaths(direction: Direction): [version: string, step: number, when: string][] {
    const order = direction === 'up' ? MIGRATIONS : [...MIGRATIONS].reverse();
    const places = order.flatMap((migration) =>
      compile(migration, direction, engine.ddl).map((_, index) => [migration.version, index + 1] as const),
    );
    // One transaction is one step to whoever looks from outside: its first, its middle and its last place are tried.
    const chosen = engine.capabilities.transactionalDdl
      ? places.filter(([, step], at) => step === 1 || step % 7 === 0 || places[at + 1]?.[1] === 1)
      : places;
    return chosen.flatMap(([version, step], at) => [
      [version, step, ['before', 'after', '1'][at % 3] ?? ''] as [string, number, string],
    ]);
  }

  test('on the way up at each step in turn, the next run finishes the schema', {
    timeout: 600_000,
  }, async () => {
    for (const [version, step, when] of deaths('up')) {
      await rollback(engine, { ...patient, target: '0' });
      await victim(database, 'up', version, step, when);
      await migrate(engine, patient);
      expect([version, step, when, await schemaDigest(engine)]).toEqual([version, step, when, undisturbed]);
    }
  });

  test('on the way down at each step in turn, the next run takes everything back', {
    timeout: 600_000,
  }, async () => {
    for (const [version, step, when] of deaths('down')) {
      await migrate(engine, patient);
      await victim(database, 'down', version, step, when);
      await rollback(engine, { ...patient, target: '0' });
      const left = (await engine.tableNames()).filter((table) => !table.startsWith('multiflexi_'));
      expect([version, step, when, left]).toEqual([version, step, when, []]);
    }
    await migrate(engine, patient);
    expect(await schemaDigest(engine)).toBe(undisturbed);
  });

  test('over filled tables, up and down again, no row of the others is touched', {
    timeout: 120_000,
  }, async () => {
    await loadSample(engine, { jobs: 300, days: 30, seed: 3, until: Date.UTC(2026, 0, 31), force: true });
    const kept = ['company', 'user', 'job', 'artifacts', 'logger', 'run_template'];
    const before = await dataDigest(engine, kept);
    const newest = MIGRATIONS.at(-1)?.version ?? '';
    for (const when of ['before', 'after', '1']) {
      await victim(database, 'down-one', newest, 1, when);
      await rollback(engine, { ...patient, target: MIGRATIONS.at(-2)?.version });
      await victim(database, 'up', newest, 1, when);
      await migrate(engine, patient);
    }
    expect(await dataDigest(engine, kept)).toBe(before);
    expect(await schemaDigest(engine)).toBe(undisturbed);
  });

  test('eight at once: every one ends well, and each step ran once', { timeout: 120_000 }, async () => {
    await rollback(engine, { ...patient, target: '0' });
    const statuses = await Promise.all(Array.from({ length: 8 }, () => victim(database, 'up', '', 0, '')));
    expect(statuses).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(await schemaDigest(engine)).toBe(undisturbed);
    const { rows } = await sql<{
      n: bigint;
    }>`select count(*) as n from ${sql.table(LEDGER)} where state = 'applied'`.execute(
      engine.kysely<unknown>(),
    );
    expect(Number(rows[0]?.n)).toBe(MIGRATIONS.length);
  });
});

describe('the deaths', () => {
  test('are real: the victim dies by SIGKILL, not by an error', async () => {
    const database = await freshDatabase('sqlite');
    expect(await victim(database, 'up', MIGRATIONS[3]?.version ?? '', 1, 'before')).toBe('SIGKILL');
    await database.drop();
  });
});

/** @returns its exit status, or the signal that ended it */
async function victim(
  database: TestDatabase,
  way: 'up' | 'down' | 'down-one',
  version: string,
  step: number,
  when: string,
) {
  const child = spawn(
    process.execPath,
    [VICTIM, JSON.stringify(database.settings), way, version, String(step), when],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const [status, signal] = await once(child, 'exit');
  return (signal as string | null) ?? (status as number);
}

/** The ledger has steps of both ways for each migration that is applied, and none of others. */
test('the ledger keeps the compiled way back', async () => {
  const database = await freshDatabase('sqlite');
  const engine = await database.open('create');
  await migrate(engine, patient);
  const { rows } = await sql<{
    direction: string;
    n: bigint;
  }>`select direction, count(distinct version) as n from ${sql.table(STEPS)} group by direction order by direction`.execute(
    engine.kysely<unknown>(),
  );
  expect(rows).toEqual([
    { direction: 'down', n: 13n },
    { direction: 'up', n: 13n },
  ]);
  await engine.close();
  await database.drop();
});
