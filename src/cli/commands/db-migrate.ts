import { EXIT } from '../../errors.ts';
import { MIGRATIONS, migrate, planMigrate, refuseForeign } from '../../migrations/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { backupOptions, type LossOptions, saveLosses } from './losses.ts';
import {
  announce,
  type MigrationOptions,
  migrationOptions,
  showApplied,
  showPlan,
  version,
} from './migration-output.ts';

export const dbMigrate: CliCommand<MigrationOptions & LossOptions> = {
  description: `Applies every pending migration, older gaps included, under a lock. Safe to repeat; after an
interruption the same command goes on. An SQLite file that does not exist is created.`,
  examples: [
    ['multiflexi-cli db:migrate', 'bring the schema up to date'],
    ['multiflexi-cli db:migrate --dry-run', 'print the statements that would be run'],
    ['multiflexi-cli db:migrate -t 20221125095601', 'no further than this version'],
  ],
  options: (command) => {
    backupOptions(
      migrationOptions(command, 'the last version to apply').option(
        '--accept-changed <version>',
        'record the steps of an applied migration that was changed since; may be repeated',
        (text: string, previous: readonly string[] = []) => [...previous, version(text)],
      ),
    );
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, options.dryRun ? 'inspect' : 'create', async (engine) => {
      const { target, date, acceptChanged, fake } = options;
      if (options.dryRun) {
        await refuseForeign(engine);
        showPlan(
          await planMigrate(engine, MIGRATIONS, { target, date, acceptChanged }),
          engine,
          await engine.sizes(),
          terminal,
        );
        return EXIT.done;
      }
      let backup: string | null = null;
      let accepted: readonly string[] = [];
      const applied = await migrate(engine, {
        program: 'db:migrate',
        waitMs: options.wait * 1000,
        signal: terminal.interrupted,
        target,
        date,
        acceptChanged,
        fake,
        onProgress: announce(terminal),
        approve: async (plan) => {
          accepted = plan.accepted.map((migration) => migration.version);
          // A migration that destroys says why; that is its author's consent, and an upgrade asks nobody.
          if (fake) return undefined;
          const saved = await saveLosses(engine, plan, options, terminal);
          backup = saved.file;
          return saved.check;
        },
      });
      showApplied(fake ? 'recorded' : 'migrated', applied, terminal, backup, accepted);
      return EXIT.done;
    }),
};
