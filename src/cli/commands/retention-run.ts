/** The commands that count and delete what the policies say. */
import type { Command } from 'commander';
import { DEFAULT_GUARD, planRetention } from '../../tasks/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import {
  type PurgeCommandOptions,
  purgeCall,
  purgeGuard,
  purgeOptions,
  savePlanOption,
  showOrRun,
  showPurgePlan,
} from './purge-options.ts';

export const retentionPlan: CliCommand<Pick<PurgeCommandOptions, 'savePlan'>> = {
  description: 'Counts what the policies would delete now; deletes nothing.',
  examples: [['multiflexi-cli retention:plan', 'count rows per table and jobs per company']],
  options: (command: Command) => {
    savePlanOption(command, false);
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, 'inspect', async (context) => {
      const guard = { percent: DEFAULT_GUARD, skipOversized: false, archiveAll: false };
      return showPurgePlan(await planRetention(context, guard), options, terminal);
    }),
};

interface RunOptions extends PurgeCommandOptions {
  readonly skipOversized?: true;
}

export const retentionRun: CliCommand<RunOptions> = {
  description: `Deletes what the policies say, as prune does: in small chunks while the platform is running. Unfinished jobs and
whatever is held are never deleted. After an interruption, the same command continues.`,
  examples: [
    ['multiflexi-cli retention:run --dry-run', 'count what would be deleted'],
    ['multiflexi-cli retention:run --time-budget 10m', 'for at most ten minutes'],
    [
      'multiflexi-cli retention:run --guard 30 --skip-oversized',
      'leave out companies that would lose more than 30 % of their jobs',
    ],
  ],
  options: (command: Command) => {
    purgeOptions(command).option(
      '--skip-oversized',
      'leave out and report companies above --guard, instead of asking',
    );
  },
  run: (options, terminal) => {
    const call = purgeCall(options, terminal);
    const guard = purgeGuard(options, options.skipOversized);
    return withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (context) =>
      showOrRun(context, await planRetention(context, guard), call, options, terminal),
    );
  },
};
