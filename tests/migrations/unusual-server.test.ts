/** Servers whose defaults are not the usual ones: the schema is the same. */

import { sql } from 'kysely';
import { afterEach, expect, test } from 'vitest';
import { findDrift, MIGRATIONS, migrate } from '../../src/migrations/index.ts';
import { cli } from '../harness/cli.ts';
import { freshOn, isAvailable } from '../harness/engines.ts';
import { ofFirstRelease } from '../harness/first-release.ts';
import { installations } from '../servers/installations.ts';
import { type Launched, launch } from '../servers/launch.ts';

let launched: Launched | undefined;
afterEach(() => launched?.stop());

const OPTIONS = {
  mysql: ['--default-storage-engine=MyISAM', '--sql-require-primary-key=ON'],
  mariadb: ['--default-storage-engine=Aria', '--innodb-force-primary-key=ON'],
};

for (const name of ['mysql', 'mariadb'] as const) {
  test.skipIf(!isAvailable(name))(
    `compact rows and other engines by default on ${name}`,
    async ({ skip }) => {
      const { value: installation } = await installations(name).next();
      if (!installation) return skip(`no ${name} to start`);
      launched = await launch(installation, true, {
        options: [
          '--innodb-default-row-format=compact',
          // A row that does not fit is only warned of then, and fails when it is written.
          '--innodb-strict-mode=OFF',
          '--innodb-file-per-table=OFF',
          ...OPTIONS[name],
        ],
      });
      const database = await freshOn(launched.server);
      const engine = await database.open();
      try {
        await migrate(engine, { program: 'test', waitMs: 0 });
        expect(await findDrift(engine, MIGRATIONS)).toEqual([]);

        // Made by the first release, with its warnings: it is told, and the plan fixes it.
        const old = await freshOn(launched.server);
        const before = await old.open();
        await migrate(ofFirstRelease(before), { program: 'test', waitMs: 0, target: '20200413063021' });
        const drift = await findDrift(before, MIGRATIONS);
        expect(drift.map(({ what, table, found }) => [what, table, found])).toEqual(
          ['applications', 'company', 'user'].map((table) => [
            'storage',
            table,
            expect.stringMatching(/^InnoDB \S+ compact$/),
          ]),
        );
        const { exit, stdout } = await cli(['db:verify', '--fix-plan'], old.environment);
        expect(exit).toBe(7);
        for (const line of stdout.split('\n').filter((text) => text.endsWith(';')))
          await sql.raw(line.slice(0, -1)).execute(before.kysely());
        expect(await findDrift(before, MIGRATIONS)).toEqual([]);
        await before.close();
      } finally {
        await engine.close();
      }
    },
  );
}
