import { EXIT } from '../../errors.ts';
import { MIGRATIONS, migrate, planMigrate, refuseForeign } from '../../migrations/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { announce, type MigrationOptions, showApplied, showPlan, waitOption } from './migration-output.ts';

export const dbMigrate: CliCommand<MigrationOptions> = {
  description: `Applies every pending migration, older gaps included, under a lock. Safe to repeat; after an
interruption the same command goes on. An SQLite file that does not exist is created.`,
  examples: [
    ['multiflexi-cli db:migrate', 'bring the schema up to date'],
    ['multiflexi-cli db:migrate --dry-run', 'print the statements that would be run'],
    ['multiflexi-cli db:migrate -t 20221125095601', 'no further than this version'],
  ],
  options: (command) => {
    waitOption(
      command
        .option('-t, --target <version>', 'the last version to apply')
        .option('--dry-run', 'print the statements, execute nothing'),
    );
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, options.dryRun ? 'inspect' : 'create', async (engine) => {
      if (options.dryRun) {
        await refuseForeign(engine);
        showPlan(await planMigrate(engine, MIGRATIONS, options.target), terminal);
        return EXIT.done;
      }
      const applied = await migrate(engine, {
        program: 'db:migrate',
        waitMs: options.wait * 1000,
        target: options.target,
        onProgress: announce(terminal),
      });
      showApplied('migrated', applied, terminal);
      return EXIT.done;
    }),
};
