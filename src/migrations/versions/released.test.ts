/** A migration that was released is the same for ever: databases have its steps recorded. */
import { expect, test } from 'vitest';
import { offlineDdl } from '../../engines/index.ts';
import { fingerprint, identityHash, stepHash } from '../ledger/step-hash.ts';
import { compile } from '../migration.ts';
import { MIGRATIONS } from './index.ts';
import { RELEASED } from './released.ts';

test.each([...(await offlineDdl())])(
  'the steps on %s are known again by the hashes they were released with',
  (engine, ddl) => {
    for (const [version, hashes] of Object.entries(RELEASED)) {
      const migration = MIGRATIONS.find((candidate) => candidate.version === version);
      const steps = migration ? compile(migration, 'up', ddl) : [];
      expect(fingerprint(steps.map(identityHash)), version).toBe(hashes[engine]);
    }
  },
);

test('words that were changed since are changed in what is run', async () => {
  const changed = [...(await offlineDdl())].map(([engine, ddl]) => [
    engine,
    MIGRATIONS.filter(({ version }) => version in RELEASED)
      .flatMap((migration) => compile(migration, 'up', ddl))
      .filter((step) => identityHash(step) !== stepHash(step.sql)).length,
  ]);
  expect(Object.fromEntries(changed)).toEqual({ sqlite: 7, mysql: 20, mariadb: 20, postgresql: 0 });
});
