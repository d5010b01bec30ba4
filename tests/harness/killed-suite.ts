/** `kill -9` at every step, over filled tables: the same command again completes, in the same schema and with the same data. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Engine, EngineName } from '../../src/engines/index.ts';
import { MIGRATIONS, type Migration, migrate, rollback } from '../../src/migrations/index.ts';
import { LEDGER } from '../../src/migrations/ledger/tables.ts';
import { compile, type Direction } from '../../src/migrations/migration.ts';
import { dataDigest, schemaDigest } from './digests.ts';
import { freshDatabase, isAvailable, type TestDatabase } from './engines.ts';
import { fillTables, tablesOf } from './filling.ts';
import { endOf } from './processes.ts';

const patient = { program: 'test', waitMs: 60_000 };

/** The suite of one engine; a file each, so that two run at a time. */
export function killedSuite(name: EngineName): void {
  describe.skipIf(!isAvailable(name))(`killed on ${name}`, () => suite(name));
}

function suite(name: EngineName): void {
  let database: TestDatabase;
  let engine: Engine;
  /** After each migration on the way up, undisturbed: by the number of migrations that are applied. */
  const schemas: string[] = [];

  beforeAll(async () => {
    database = await freshDatabase(name);
    engine = await database.open('create');
    for (const { version } of MIGRATIONS) {
      await migrate(engine, { ...patient, target: version });
      schemas.push(await schemaDigest(engine));
    }
    await fillTables(engine, MIGRATIONS);
  });
  afterAll(async () => {
    await engine.close();
    await database.drop();
  });

  /**
   * The moments take turns. Where a migration is one transaction a death at any step undoes all of it: its first step, one
   * in its middle and its last have one, and each step that is outside of it. MySQL and MariaDB, which share their code, have
   * one of the four each at every step. Every moment at every step with MULTIFLEXI_TEST_EVERY_MOMENT=1 (`npm run test:full`).
   */
  function deaths(migration: Migration, direction: Direction): [step: number, when: string][] {
    const moments = name === 'sqlite' ? ['before', 'after', '1'] : ['before', 'after', '1', 'cut'];
    const steps = compile(migration, direction, engine.ddl).map(({ alone }, index) => ({
      step: index + 1,
      alone,
    }));
    if (process.env.MULTIFLEXI_TEST_EVERY_MOMENT !== undefined)
      return steps.flatMap(({ step }) => moments.map((when): [number, string] => [step, when]));
    const some = new Set([1, Math.ceil(steps.length / 2), steps.length]);
    // Each migration begins with another moment, so that each comes at first steps and at last ones.
    const first = MIGRATIONS.indexOf(migration) + (name === 'mysql' ? 0 : 2);
    return steps
      .filter(({ step, alone }) => !engine.capabilities.transactionalDdl || alone || some.has(step))
      .map(({ step }, turn) => [step, moments[(first + turn) % moments.length] ?? '']);
  }

  for (const [index, migration] of [...MIGRATIONS.entries()].reverse()) {
    const { version } = migration;
    const older = MIGRATIONS.slice(0, index);
    const below = older.at(-1)?.version ?? '0';
    test(`at each step of ${version} ${migration.name}, down and up, and no row of the others is touched`, {
      timeout: 300_000,
    }, async () => {
      await rollback(engine, { ...patient, target: version });
      const tables = tablesOf(engine, older);
      // What the migration itself takes along, as a column of an older table, is no longer to be compared.
      await rollback(engine, { ...patient, target: below });
      const data = await dataDigest(engine, tables);
      const comeBack = async () => {
        await migrate(engine, { ...patient, target: version });
        await fillTables(engine, [...older, migration]);
      };
      for (const [step, when] of deaths(migration, 'up')) {
        await victim(database, 'up', version, version, step, when);
        await migrate(engine, { ...patient, target: version });
        expect([step, when, await schemaDigest(engine)]).toEqual([step, when, schemas[index]]);
        await rollback(engine, { ...patient, target: below });
        expect([step, when, await dataDigest(engine, tables)]).toEqual([step, when, data]);
      }
      for (const [step, when] of deaths(migration, 'down')) {
        await comeBack();
        await victim(database, 'down', below, version, step, when);
        await rollback(engine, { ...patient, target: below });
        expect([step, when, await dataDigest(engine, tables)]).toEqual([step, when, data]);
        if (index > 0)
          expect([step, when, await schemaDigest(engine)]).toEqual([step, when, schemas[index - 1]]);
      }
      await comeBack();
      expect(await schemaDigest(engine)).toBe(schemas[index]);
    });
  }

  test('on the way through all of them, up and down', { timeout: 120_000 }, async () => {
    await rollback(engine, { ...patient, target: '0' });
    for (const { version } of MIGRATIONS.filter((_, index) => index % 3 === 1))
      await victim(database, 'up', '', version, 1, 'after');
    await migrate(engine, patient);
    expect(await schemaDigest(engine)).toBe(schemas.at(-1));
    await fillTables(engine, MIGRATIONS);
    for (const { version } of [...MIGRATIONS].reverse().filter((_, index) => index % 3 === 1))
      await victim(database, 'down', '0', version, 1, 'after');
    await rollback(engine, { ...patient, target: '0' });
    expect((await engine.tableNames()).filter((table) => !table.startsWith('multiflexi_'))).toEqual([]);
  });

  test('eight at once: every one ends well, and each step ran once', { timeout: 120_000 }, async () => {
    await rollback(engine, { ...patient, target: '0' });
    const statuses = await Promise.all(
      Array.from({ length: 8 }, () => victim(database, 'up', '', '', 0, '')),
    );
    expect(statuses).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    expect(await schemaDigest(engine)).toBe(schemas.at(-1));
    const { rows } = await sql<{
      n: bigint;
    }>`select count(*) as n from ${sql.table(LEDGER)} where state = 'applied'`.execute(
      engine.kysely<unknown>(),
    );
    expect(Number(rows[0]?.n)).toBe(MIGRATIONS.length);
  });
}

/** @returns its exit status, or the signal that ended it */
export function victim(
  database: TestDatabase,
  way: Direction,
  target: string,
  version: string,
  step: number,
  when: string,
) {
  return endOf('migrating', database.settings, [way, target, version, String(step), when]);
}
