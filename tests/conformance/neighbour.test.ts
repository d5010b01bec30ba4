/** A database beside ours whose name is nearly the same is another one, in every question to the catalogue. */
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine } from '../../src/engines/index.ts';
import { findDrift, MIGRATIONS, migrate } from '../../src/migrations/index.ts';
import { describeOn, freshDatabase, type TestDatabase } from '../harness/engines.ts';
import { SERVER_ENGINES } from '../servers/index.ts';

describeOn(SERVER_ENGINES, 'a neighbour that differs by case or accents', (name) => {
  let databases: TestDatabase[];
  let engines: Engine[];
  let alone: Awaited<ReturnType<typeof answers>>;

  const answers = async (engine: Engine) => ({
    tables: await engine.tableNames(),
    catalog: await engine.introspect(),
    sizes: (await engine.sizes()).tables.map((table) => table.name).sort(),
    // Other databases of the server have their own.
    references: (await engine.references()).filter(
      ({ schema, targetSchema }) => schema === null || targetSchema === null,
    ),
    hooks: await engine.deleteHooks(['job']),
  });

  beforeAll(async () => {
    const own = await freshDatabase(name);
    const { database } = own.settings as { database: string };
    databases = [own];
    engines = [await own.open('create')];
    await migrate(engines[0] as Engine, { program: 'test', waitMs: 0 });
    alone = await answers(engines[0] as Engine);
    for (const neighbour of [database.toUpperCase(), database.replace('m', 'ḿ')]) {
      const other = await freshDatabase(name, neighbour);
      const engine = await other.open('create');
      databases.push(other);
      engines.push(engine);
      // InnoDB of MariaDB takes equal names of foreign keys in databases that differ by case for the same.
      if (name === 'mariadb' && neighbour === database.toUpperCase())
        await sql`create table job (id int primary key, other json)`.execute(engine.kysely());
      else await migrate(engine, { program: 'test', waitMs: 0 });
      await sql`create table only_there (id int primary key)`.execute(engine.kysely());
      if (name !== 'postgresql')
        await sql`create trigger t before delete on job for each row set @a = 1`.execute(engine.kysely());
    }
  });
  afterAll(async () => {
    for (const engine of engines ?? []) await engine.close();
    for (const database of databases ?? []) await database.drop();
  });

  test('is not taken for ours in any answer of the catalogue', async () => {
    expect(await answers(engines[0] as Engine)).toEqual(alone);
    expect(await findDrift(engines[0] as Engine, MIGRATIONS)).toEqual([]);
  });
});
