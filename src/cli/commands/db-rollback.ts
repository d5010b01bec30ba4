import { Option } from 'commander';
import { migrationsDocument, plannedMigrationsDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import { planRollback, runRollback } from '../../tasks/index.ts';
import { confirming } from '../asking.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import {
  type BackupOptions,
  backupOptions,
  lossBackup,
  type MigrationOptions,
  migrationOptions,
} from './migration-options.ts';
import { printMigrations, printPlannedMigrations } from './migration-output.ts';

interface RollbackOptions extends MigrationOptions, BackupOptions {
  readonly confirm?: string;
  readonly unknown?: true;
}

export const dbRollback: CliCommand<RollbackOptions> = {
  description: `Reverts the newest applied migration, or with -t all migrations newer than VERSION. If data would be lost,
it is listed first, requires confirmation, and is saved to a file that db:restore-rollback can restore. Breakpoints
stop a rollback.`,
  examples: [
    ['multiflexi-cli db:rollback', 'revert the newest migration'],
    ['multiflexi-cli db:rollback -t 20251130113650', 'revert everything newer than this version'],
    ['multiflexi-cli db:rollback -t 0 --dry-run', 'show what reverting everything would execute and destroy'],
  ],
  options: (command) => {
    backupOptions(
      migrationOptions(command, 'revert everything newer than this version; 0 reverts everything')
        .addOption(
          new Option('--unknown', 'revert what a newer version of this program has applied').conflicts([
            'target',
            'date',
          ]),
        )
        .option('--force', 'ignore breakpoints')
        .option('--confirm <token>', 'confirm exactly the losses that were shown with this token'),
    );
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (context) => {
      const { target, date, unknown, force, fake, confirm } = options;
      const request = { target, date, unknown, force };
      if (options.dryRun) {
        const planned = await planRollback(context, request, options.backup !== false);
        if (terminal.json) terminal.document(plannedMigrationsDocument(planned));
        else printPlannedMigrations(planned, terminal);
        return EXIT.done;
      }
      const backup = fake ? null : lossBackup(options, terminal);
      const waitMs = options.wait * 1000;
      const outcome = await confirming(
        terminal,
        (confirmed) => runRollback(context, { ...request, confirmed, waitMs, fake, backup }),
        confirm === undefined ? [] : [{ kind: 'losses', confirmedBy: confirm }],
      );
      if (terminal.json) terminal.document(migrationsDocument(outcome));
      else printMigrations(outcome, fake ? 'recorded as reverted' : 'reverted', terminal);
      return EXIT.done;
    }),
};
