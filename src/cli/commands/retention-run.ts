/** The commands that count and delete what the policies say. */
import type { Command } from 'commander';
import { kindOfRun, planPurge, policyBook, rulesInForce, skipOversized } from '../../cleanup/index.ts';
import { requireMigrated } from '../../migrations/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { line } from '../words.ts';
import { requireMaxLag } from './max-lag.ts';
import { showPlan } from './purge-output.ts';
import { archiveOf, type PurgeCommandOptions, purge, purgeOptions } from './purge-run.ts';

export const retentionPlan: CliCommand<Pick<PurgeCommandOptions, 'savePlan'>> = {
  description: 'Counts what the policies would delete now, and deletes nothing.',
  examples: [['multiflexi-cli retention:plan', 'per table and company']],
  options: (command: Command) => {
    command.option('--save-plan <file>', 'keep the plan in this new file, for prune --plan', line);
  },
  run: (options, terminal) =>
    withDatabase(options, terminal, 'inspect', async (engine) => {
      await requireMigrated(engine);
      const plan = await planPurge(engine, await policyBook(engine, Date.now()));
      return showPlan(plan, options, terminal);
    }),
};

interface RunOptions extends PurgeCommandOptions {
  readonly skipOversized?: true;
}

export const retentionRun: CliCommand<RunOptions> = {
  description: `Deletes what the policies say, as prune does: in small chunks beside the running platform, never what is unfinished
or held; after an interruption the same command goes on.`,
  examples: [
    ['multiflexi-cli retention:run --dry-run', 'count what would be deleted'],
    ['multiflexi-cli retention:run --time-budget 10m', 'for ten minutes at most'],
    [
      'multiflexi-cli retention:run --guard 30 --skip-oversized',
      'leave out companies of which more than 30 % of the jobs would go',
    ],
  ],
  options: (command: Command) => {
    purgeOptions(command).option(
      '--skip-oversized',
      'leave out, and report, companies of which more would go than --guard lets pass, instead of asking',
    );
  },
  run: (options, terminal) => {
    requireMaxLag(options);
    return withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (engine) => {
      await requireMigrated(engine);
      const plan = await planPurge(engine, await policyBook(engine, Date.now()));
      // While the policies are the same, their runs are compared with each other.
      const rules = await rulesInForce(engine);
      const kind = kindOfRun(
        'retention',
        options.skipOversized ? [...rules, ['guard', options.guard]] : rules,
      );
      const archive = await archiveOf(options, false);
      const call = { program: 'retention:run', engine, kind, archive };
      if (!options.skipOversized) return purge({ ...call, plan }, options, terminal);
      const { plan: reduced, skipped } = await skipOversized(engine, plan, options.guard);
      return purge({ ...call, plan: reduced, skipped }, options, terminal);
    });
  },
};
