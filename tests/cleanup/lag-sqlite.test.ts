import { expect, test } from 'vitest';
import { cli } from '../harness/cli.ts';
import { isAvailable, migratedDatabase } from '../harness/engines.ts';

test.skipIf(!isAvailable('sqlite'))('SQLite is not said to keep a limit that it cannot have', async () => {
  const database = await migratedDatabase('sqlite');
  for (const words of [['prune', '--jobs', '--keep', '5'], ['retention:run']]) {
    const { exit, stderr } = await cli([...words, '--max-lag', '5s'], database.environment);
    expect([exit, stderr]).toEqual([64, expect.stringContaining('SQLite has no replicas')]);
  }
  await database.drop();
});
