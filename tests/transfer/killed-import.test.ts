/** An import is killed again and again, each time a little later: the same call comes to the same rows, and none is there twice. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { requireMigrated } from '../../src/migrations/index.ts';
import {
  changeBreakpoint,
  planImport,
  planMigrate,
  planRollback,
  runMigrate,
  runRollback,
} from '../../src/tasks/index.ts';
import { describeEngines, freshDatabase, migratedDatabase } from '../harness/engines.ts';
import { exportTo, fillNasty, takenRecords } from '../harness/exported.ts';
import { endOf } from '../harness/processes.ts';

/** Statements after which it dies: from before the first write to behind the last table. */
const DEATHS = [12, 30, 60, 110, 170, 240, 300, 340, 380, 430];

describeEngines('an import that is killed', (name) => {
  test('continues, keeps everybody else out meanwhile, and ends with the rows of the file', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'multiflexi-killed-import-'));
    const source = await migratedDatabase(name);
    await fillNasty(source.engine);
    const file = join(directory, name === 'mysql' || name === 'sqlite' ? 'a.json' : 'a.rows.zst');
    const { tables } = await exportTo(source.engine, file);
    await source.drop();
    const database = await freshDatabase(name);
    try {
      let killed = 0;
      let marked = 0;
      for (const death of [...DEATHS, 100_000]) {
        const end = await endOf('importing', database.settings, [file, String(death)]);
        if (end === 0) break;
        expect(end).toBe('SIGKILL');
        killed++;
        const engine = await database.open('create');
        if ((await engine.tableNames()).includes('multiflexi_import')) {
          marked++;
          await expect(requireMigrated(engine)).rejects.toMatchObject({ code: 'NOT_MIGRATED' });
          const context = { engine, program: 'test' };
          // The rows of the file are of its version, and not all of them are there.
          const refused = [
            planMigrate(context, {}),
            runMigrate(context, { waitMs: 0, backup: null }),
            planRollback(context, {}),
            runRollback(context, { waitMs: 0, backup: null, confirmed: [] }),
            changeBreakpoint(context, { change: 'set', waitMs: 0 }),
          ];
          for (const one of await Promise.allSettled(refused))
            expect(one).toMatchObject({ status: 'rejected', reason: { code: 'NOT_MIGRATED' } });
          const { target } = await planImport(context, { file });
          expect(target.state).toBe('interrupted');
        }
        await engine.close();
      }
      expect(killed).toBeGreaterThan(3);
      expect(marked).toBeGreaterThan(1);
      const engine = await database.open();
      await requireMigrated(engine);
      // One that dies right behind its last step has not said so.
      expect((await takenRecords(engine)).length).toBeLessThanOrEqual(1);
      expect((await exportTo(engine, join(directory, 'again.rows.zst'))).tables).toEqual(tables);
      await engine.close();
    } finally {
      await database.drop();
      rmSync(directory, { recursive: true });
    }
  });
});
