/** A migration that changes rows: all or nothing, and only where it says so. */
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { applyMigrations } from '../../src/migrations/apply.ts';
import { integer, nullable } from '../../src/migrations/columns.ts';
import { MIGRATIONS, type Migration } from '../../src/migrations/index.ts';
import { addColumn, changeRows, dropColumn, dropTable } from '../../src/migrations/operations/index.ts';
import { planMigrate } from '../../src/migrations/plan.ts';
import { dataDigest } from '../harness/digests.ts';
import { describeEngines, migratedDatabase } from '../harness/engines.ts';
import { fillTables, tablesOf } from '../harness/filling.ts';

const priority = nullable(integer('priority', 'what goes first'));

describeEngines('a migration that changes rows', (name) => {
  let database: Awaited<ReturnType<typeof migratedDatabase>>;
  let engine: Engine;
  let before: string;
  const tables = () => tablesOf(engine, MIGRATIONS);

  beforeEach(async () => {
    database = await migratedDatabase(name);
    engine = database.engine;
    await fillTables(engine, MIGRATIONS);
    before = await dataDigest(engine, tables());
  });
  afterEach(() => database.drop());

  async function apply(up: Migration['up'], onBegun = async () => {}): Promise<void> {
    const migration: Migration = {
      version: '20300101000000',
      name: 'rows',
      destructive: 'tested',
      up,
      down: [dropColumn('job', priority)],
    };
    const lock = await engine.lock({ name: 'migrations', program: 'test', waitMs: 0 });
    try {
      await onBegun();
      await applyMigrations(engine, await planMigrate(engine, [...MIGRATIONS, migration]), { lock });
    } finally {
      await lock.release();
    }
  }
  const fill = changeRows({
    summary: 'fill job.priority',
    table: 'job',
    statement: 'update job set priority = 5 where priority is null',
  });
  const count = async (table: string) => {
    const { rows } = await sql<{ n: bigint }>`select count(*) as n from ${sql.table(table)}`.execute(
      engine.kysely<unknown>(),
    );
    return Number(rows[0]?.n);
  };

  test('fills a new column of filled tables', async () => {
    await apply([addColumn('job', priority), fill]);
    const { rows } = await sql`select distinct priority from job`.execute(engine.kysely<unknown>());
    expect(rows).toEqual([{ priority: 5 }]);
  });

  test('that deletes children it does not name is taken back whole', async () => {
    const careless = changeRows({
      summary: 'forget failed jobs',
      table: 'job',
      statement: 'delete from job where id < 3',
      counts: ['job'],
    });
    await expect(apply([careless])).rejects.toThrow(
      /changed the number of rows of (artifacts|logger|retention_hold) from 4 to 2 without declaring it/,
    );
    expect(await dataDigest(engine, tables())).toBe(before);
  });

  test('that names what it changes may', async () => {
    await apply([
      changeRows({
        summary: 'forget failed jobs',
        table: 'job',
        statement: 'delete from job where id < 3',
        counts: ['job', 'artifacts', 'logger', 'retention_hold'],
      }),
    ]);
    expect([await count('job'), await count('artifacts'), await count('company')]).toEqual([2, 2, 4]);
  });

  test('that fails in the middle leaves no row changed', async () => {
    const refused = changeRows({
      summary: 'make them equal',
      table: 'company',
      statement: `update company set slug = 'same'`,
    });
    const first = changeRows({
      summary: 'rename',
      table: 'company',
      statement: `update company set name = 'changed'`,
    });
    await expect(apply([first, refused])).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
    expect(await dataDigest(engine, tables())).toBe(before);
  });

  if (name !== 'sqlite')
    test('is not blamed for rows that others write meanwhile', { timeout: 60_000 }, async () => {
      const other = await database.open();
      let writing = true;
      let written = 0;
      const writer = (async () => {
        while (writing) {
          await sql`insert into logger (message) values ('beside')`.execute(other.kysely<unknown>());
          await sql`insert into company (slug, name) values (${`beside-${written}`}, 'beside')`.execute(
            other.kysely<unknown>(),
          );
          written++;
        }
      })();
      // Long enough for the writer to come between its counting before and after.
      const slowly = name === 'postgresql' ? 'pg_sleep(0.2) is not null' : 'sleep(0.2) = 0';
      await apply([
        addColumn('job', priority),
        changeRows({
          summary: 'slowly',
          table: 'job',
          statement: `update job set priority = 1 where ${slowly}`,
        }),
      ]);
      writing = false;
      await writer;
      await other.close();
      expect(written).toBeGreaterThan(5);
    });

  if (name === 'sqlite')
    test('by dropping a table that others cascade from is taken back', async () => {
      await expect(apply([dropTable('applications')])).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
      await expect(apply([dropTable('run_template')])).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
      expect(await dataDigest(engine, tables())).toBe(before);
    });

  if (name === 'sqlite')
    test('is not committed over references that lead nowhere', async () => {
      const db = engine.kysely<unknown>();
      await sql`pragma foreign_keys = off`.execute(db);
      await sql`update artifacts set job_id = 4711 where id = 1`.execute(db);
      await sql`pragma foreign_keys = on`.execute(db);
      await expect(apply([addColumn('job', priority)])).rejects.toThrow(
        /row 1 of artifacts refers to a row of job that does not exist/,
      );
      const { rows } = await sql`select name from pragma_table_info('job') where name = 'priority'`.execute(
        db,
      );
      expect(rows).toEqual([]);
    });
});

test('a change of rows that is no UPDATE has to name whose number it changes', () => {
  const common = { summary: 'clean', table: 'job' };
  for (const statement of ['delete from job', 'update or replace job set id = 1'])
    for (const counts of [undefined, [], ['artifacts']])
      expect(() => changeRows({ ...common, statement, ...(counts && { counts }) })).toThrow(
        'does not say whose',
      );
  expect(() => changeRows({ ...common, statement: 'update job set id = 1; drop table job' })).toThrow(
    'more than one statement',
  );
});
