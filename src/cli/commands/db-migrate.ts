import { migrationsDocument, plannedMigrationsDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { planMigrate, runMigrate } from '../../tasks/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import {
  type BackupOptions,
  backupOptions,
  lossBackup,
  type MigrationOptions,
  migrationOptions,
  version,
} from './migration-options.ts';
import { printMigrations, printPlannedMigrations } from './migration-output.ts';

export const dbMigrate: CliCommand<MigrationOptions & BackupOptions> = {
  description: `Applies every pending migration, including older ones that were skipped, under a lock. Safe to repeat: after an
interruption, the same command continues. Creates an SQLite file that does not exist.`,
  examples: [
    ['multiflexi-cli db:migrate', 'bring the schema up to date'],
    ['multiflexi-cli db:migrate --dry-run', 'print the statements that would be executed'],
    ['multiflexi-cli db:migrate -t 20221125095601', 'only up to this version'],
  ],
  options: (command) => {
    backupOptions(
      migrationOptions(command, 'the last version to apply').option(
        '--accept-changed <version>',
        'record the new steps of an applied migration that has changed; may be repeated',
        (text: string, previous: readonly string[] = []) => [...previous, version(text)],
      ),
    );
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, options.dryRun ? 'inspect' : 'create', async (context) => {
      const { target, date, acceptChanged, fake } = options;
      const request = { target, date, acceptChanged };
      if (options.dryRun) {
        const planned = await planMigrate(context, request);
        if (terminal.json) terminal.document(plannedMigrationsDocument(planned));
        else printPlannedMigrations(planned, terminal);
        return EXIT.done;
      }
      const backup = fake ? null : lossBackup(options, terminal);
      const waitMs = options.wait * 1000;
      const outcome = await runMigrate(context, { ...request, waitMs, fake, backup });
      if (terminal.json) terminal.document(migrationsDocument(outcome));
      else printMigrations(outcome, fake ? 'recorded' : 'migrated', terminal);
      return EXIT.done;
    }),
};
