/** Tables are loaded without indexes and foreign keys, and whatever happens meanwhile, in the end they have all of them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine, EngineName } from '../../src/engines/index.ts';
import { findDrift, MIGRATIONS, modelOf, requireMigrated } from '../../src/migrations/index.ts';
import { completeTables, MANY_ROWS, stripTables } from '../../src/transfer/rows/bare-tables.ts';
import { describeEngines, freshDatabase, migratedDatabase, testWhere } from '../harness/engines.ts';
import { exportTo, fillNasty, takenRecords } from '../harness/exported.ts';
import { endOf } from '../harness/processes.ts';

const MODEL = modelOf(MIGRATIONS);
const ALL = [...MODEL.keys()];
/** At which statement of their kind imports die, one after the other. */
const DEATHS: Readonly<Partial<Record<EngineName, readonly (readonly [string, number])[]>>> = {
  sqlite: [
    ['drop index', 2],
    ['drop index', 3],
    ['create index "ix_logger', 2],
    ['create index "ix_logger', 3],
  ],
  postgresql: [
    ['drop constraint', 2],
    ['drop index', 2],
    ['create index "ix_logger', 2],
    ['add constraint', 2],
  ],
};

const missing = async (engine: Engine) =>
  (await findDrift(engine, MIGRATIONS)).map(
    ({ kind, what, table, name }) => `${kind} ${what} ${table}.${name}`,
  );

describeEngines('tables that many rows are loaded into', (name) => {
  const directory = mkdtempSync(join(tmpdir(), 'multiflexi-bare-tables-'));
  const file = join(directory, 'many.rows.zst');
  const strips = name === 'sqlite' || name === 'postgresql';
  let tables: unknown;

  beforeAll(async () => {
    if (!strips) return;
    const { engine, drop } = await migratedDatabase('sqlite');
    await fillNasty(engine);
    const rows = Array.from({ length: MANY_ROWS }, (_, n) => [BigInt(n + 100), 1n, `entry ${n}`]);
    await engine.bulkLoad({ table: 'logger', columns: ['id', 'company_id', 'message'], rows });
    ({ tables } = await exportTo(engine, file));
    await drop();
  }, 60_000);
  afterAll(() => rmSync(directory, { recursive: true }));

  test('lose what is made again behind it, and nothing else', async () => {
    const { engine, drop } = await migratedDatabase(name);
    await fillNasty(engine);
    await stripTables(engine, MODEL, ALL);
    const lost = await missing(engine);
    const { indexes, foreignKeys } = engine.capabilities.loadsBetterWithout;
    expect([indexes, foreignKeys]).toEqual([strips, name === 'postgresql']);
    const kinds = new Set(lost.map((one) => one.split(/ \w+\./)[0]));
    expect([...kinds].sort()).toEqual([
      ...(foreignKeys ? ['missing foreign key'] : []),
      ...(indexes ? ['missing index'] : []),
    ]);
    // Neither what has rows nor what is unique.
    expect(lost.filter((one) => / (job|artifacts|logger|company)\./.test(one))).toEqual([]);
    expect(lost.filter((one) => one.includes('.uq_'))).toEqual([]);
    await completeTables(engine, MODEL);
    expect(await missing(engine)).toEqual([]);
    await drop();
  });

  testWhere(strips)('are not completed over rows that refer to none', async () => {
    const { engine, drop } = await migratedDatabase(name);
    await stripTables(engine, MODEL, ['logger']);
    const orphan = sql`insert into logger (message, company_id) values ('lost', 77)`.execute(
      engine.kysely<unknown>(),
    );
    if (name === 'postgresql') {
      await orphan;
      await expect(completeTables(engine, MODEL)).rejects.toMatchObject({ code: 'CONSTRAINT' });
      await sql`delete from logger`.execute(engine.kysely<unknown>());
    } else await expect(orphan).rejects.toMatchObject({ code: 'CONSTRAINT' });
    await completeTables(engine, MODEL);
    expect(await missing(engine)).toEqual([]);
    await drop();
  });

  testWhere(strips)('have all of them after an import that was killed again and again', async () => {
    const database = await freshDatabase(name);
    let bare = 0;
    for (const [words, times] of DEATHS[name] ?? []) {
      expect(await endOf('importing', database.settings, [file, words, String(times)]), words).toBe(
        'SIGKILL',
      );
      const engine = await database.open('create');
      if ((await missing(engine)).length > 0) bare++;
      // Nobody works on it as it is.
      await expect(requireMigrated(engine)).rejects.toMatchObject({ code: 'NOT_MIGRATED' });
      await engine.close();
    }
    expect(bare).toBeGreaterThan(2);
    expect(await endOf('importing', database.settings, [file])).toBe(0);
    const engine = await database.open('create');
    expect(await missing(engine)).toEqual([]);
    await takenRecords(engine);
    expect((await exportTo(engine, join(directory, 'again.rows.zst'))).tables).toEqual(tables);
    await engine.close();
    await database.drop();
  });
});
