/** What tests start from is a copy: it has to be what the migrations make, and an installation of its own. */
import { expect, test } from 'vitest';
import { MIGRATIONS, migrate, planMigrate } from '../../src/migrations/index.ts';
import { readInstallation } from '../../src/schema/index.ts';
import { schemaDigest } from '../harness/digests.ts';
import { describeEngines, freshDatabase, migratedDatabase } from '../harness/engines.ts';

describeEngines('a database that was copied', (name) => {
  test('differs in nothing from one that was migrated, and no migration is left to apply', async () => {
    const [copied, other, migrated] = [
      await migratedDatabase(name),
      await migratedDatabase(name),
      await freshDatabase(name),
    ];
    const engine = await migrated.open('create');
    await migrate(engine, { program: 'test', waitMs: 0 });
    expect(await schemaDigest(copied.engine)).toBe(await schemaDigest(engine));
    const ids = await Promise.all([copied.engine, other.engine, engine].map(readInstallation));
    expect(new Set(ids.map(({ id }) => id)).size).toBe(3);
    expect((await planMigrate(copied.engine, MIGRATIONS)).migrations).toEqual([]);
    await engine.close();
    for (const database of [copied, other, migrated]) await database.drop();
  });
});
