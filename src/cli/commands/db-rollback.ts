import { EXIT } from '../../errors.ts';
import { MIGRATIONS, planRollback, refuseForeign, rollback } from '../../migrations/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { backupOptions, type LossOptions, requireConsent, saveLosses } from './losses.ts';
import {
  announce,
  type MigrationOptions,
  migrationOptions,
  showApplied,
  showPlan,
} from './migration-output.ts';

export const dbRollback: CliCommand<MigrationOptions & LossOptions> = {
  description: `Reverts the newest applied migration, or with -t all that are newer than the version. What a revert
would destroy is listed first; where that is anything, it needs a yes, and is saved to a file that db:restore-rollback
puts back. Breakpoints stop it.`,
  examples: [
    ['multiflexi-cli db:rollback', 'revert the newest migration'],
    ['multiflexi-cli db:rollback -t 20251130113650', 'revert what is newer than this version, which stays'],
    ['multiflexi-cli db:rollback -t 0 --dry-run', 'what reverting everything would run and destroy'],
  ],
  options: (command) => {
    backupOptions(
      migrationOptions(command, 'the version to go back to; 0 reverts all')
        .option('--force', 'go past breakpoints')
        .option('--confirm <token>', 'agree to exactly the losses that were shown with this token'),
    );
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (engine) => {
      const { target, date, force, fake } = options;
      if (options.dryRun) {
        await refuseForeign(engine);
        showPlan(
          await planRollback(engine, MIGRATIONS, { target, date, force }),
          engine,
          await engine.sizes(),
          terminal,
        );
        return EXIT.done;
      }
      let backup: string | null = null;
      const reverted = await rollback(engine, {
        program: 'db:rollback',
        waitMs: options.wait * 1000,
        signal: terminal.interrupted,
        target,
        date,
        force,
        fake,
        onProgress: announce(terminal),
        approve: async (plan) => {
          if (fake) return undefined;
          await requireConsent(engine, plan, options, terminal);
          const saved = await saveLosses(engine, plan, options, terminal);
          backup = saved.file;
          return saved.check;
        },
      });
      showApplied(fake ? 'forgotten' : 'reverted', reverted, terminal, backup);
      return EXIT.done;
    }),
};
