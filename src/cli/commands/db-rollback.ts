import { EXIT, MultiFlexiError } from '../../errors.ts';
import {
  MIGRATIONS,
  type MigrationPlan,
  planRollback,
  refuseForeign,
  rollback,
} from '../../migrations/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import type { Terminal } from '../terminal.ts';
import {
  announce,
  lossLines,
  type MigrationOptions,
  migrationOptions,
  showApplied,
  showPlan,
} from './migration-output.ts';

export const dbRollback: CliCommand<MigrationOptions> = {
  description: `Reverts the newest applied migration, or with -t all that are newer than the version. What a revert
would destroy is listed first; where that is anything, it needs a yes. Breakpoints stop it.`,
  examples: [
    ['multiflexi-cli db:rollback', 'revert the newest migration'],
    ['multiflexi-cli db:rollback -t 20251130113650', 'revert what is newer than this version, which stays'],
    ['multiflexi-cli db:rollback -t 0 --dry-run', 'what reverting everything would run and destroy'],
  ],
  options: (command) => {
    migrationOptions(command, 'the version to go back to; 0 reverts all').option(
      '--force',
      'go past breakpoints',
    );
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (engine) => {
      const { target, date, force, fake } = options;
      if (options.dryRun) {
        await refuseForeign(engine);
        showPlan(
          await planRollback(engine, MIGRATIONS, { target, date, force }),
          await engine.sizes(),
          terminal,
        );
        return EXIT.done;
      }
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
          if (!fake) await approveLosses(plan, terminal);
        },
      });
      showApplied(fake ? 'forgotten' : 'reverted', reverted, terminal);
      return EXIT.done;
    }),
};

/** @throws NEEDS_CONFIRMATION unless nothing is lost or somebody said yes to it. */
async function approveLosses(plan: MigrationPlan, terminal: Terminal): Promise<void> {
  const lines = lossLines(plan);
  if (lines.length === 0) return;
  terminal.say(`This rollback destroys data:\n${lines.map((line) => `  ${line}`).join('\n')}`);
  if (terminal.assumesYes) return;
  if (terminal.mayAsk && (await terminal.confirm('Destroy it?'))) return;
  throw new MultiFlexiError(
    'NEEDS_CONFIRMATION',
    `The rollback would destroy data and nobody said yes to it: ${lines.join('; ')}.`,
    {
      next: 'Nothing was changed. Back up what you need, then add --yes.',
    },
  );
}
