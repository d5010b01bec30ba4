import { InvalidArgumentError } from 'commander';
import {
  type Age,
  FINISHED,
  type FinishedStatus,
  type PruneRules,
  planPrune,
  planSavedPurge,
  requireSenseOfPrune,
} from '../../tasks/index.ts';
import { fileName, line } from '../arguments.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { planAndRules, planIsSaved } from '../failures.ts';
import { before, wholeNumber } from '../numbers.ts';
import { type PurgeCommandOptions, purgeCall, purgeGuard, purgeOptions, showOrRun } from './purge-options.ts';

interface PruneCommandOptions extends PurgeCommandOptions {
  readonly logs?: true;
  readonly jobs?: true;
  readonly keep?: number;
  readonly keepPerTemplate?: number;
  readonly keepLastSuccess?: true;
  readonly olderThan?: Age;
  readonly status?: readonly FinishedStatus[];
  readonly company?: string;
  readonly plan?: string;
}

const RULES = [
  'logs',
  'jobs',
  'keep',
  'keepPerTemplate',
  'keepLastSuccess',
  'olderThan',
  'status',
  'company',
] as const;

export const prune: CliCommand<PruneCommandOptions> = {
  description: `Deletes old log entries and finished jobs. A row is deleted only if every rule allows it. Jobs that are waiting or
running, and whatever is held (retention:hold), are never deleted. A deleted job's artifacts and log entries are deleted
with it. Works in small chunks while the platform is running; after an interruption, the same command continues.`,
  examples: [
    ['multiflexi-cli prune --logs --jobs --keep 10000 --dry-run', 'count what would be deleted'],
    ['multiflexi-cli prune --logs --jobs --keep 10000', 'keep the newest 10,000 of each'],
    [
      'multiflexi-cli prune --jobs --older-than 90d --keep-per-template 50 --keep-last-success',
      'keep jobs of the last 90 days, the newest 50 of each run template, and its last success',
    ],
    [
      'multiflexi-cli prune --jobs --older-than 90d --archive /srv/archive',
      'save the rows there before they are deleted',
    ],
    ['multiflexi-cli prune --logs --older-than 90d --reclaim', 'then give free space back to the disk'],
    [
      'multiflexi-cli prune --jobs --older-than 90d --max-lag 5s --replica db2 --replica db3',
      'pause while a replica is more than five seconds behind',
    ],
    [
      'multiflexi-cli prune --jobs --older-than 6m --dry-run --save-plan purge.json',
      'save the plan, to read it',
    ],
    [
      'multiflexi-cli prune --plan purge.json --time-budget 10m',
      'carry out that plan, for at most ten minutes',
    ],
  ],
  options: (command) => {
    const count = wholeNumber(0, Number.MAX_SAFE_INTEGER);
    purgeOptions(
      command
        .option('--logs', 'delete old log entries')
        .option('--jobs', 'delete old finished jobs, with their artifacts and log entries')
        .option('--keep <n>', 'keep the newest n jobs and the newest n log entries', count)
        .option('--keep-per-template <n>', 'keep the newest n jobs of each run template', count)
        .option('--keep-last-success', 'keep the last successful job of each run template')
        .option(
          '--older-than <age>',
          'only rows older than this: 12h, 90d, 8w, 6m, 2y, or a date (2026-01-31)',
          (text): Age => ({ said: text, instant: before(text) }),
        )
        .option('--status <list>', 'only jobs with these statuses (ok,failed,canceled)', statuses)
        .option('--company <company>', 'only rows of this company (slug or id)', line)
        .option('--plan <file>', 'carry out a plan saved by --save-plan', fileName),
    );
  },
  run: (options, terminal) => {
    const call = purgeCall(options, terminal);
    const { plan: file } = options;
    const rules = rulesOf(options);
    if (file === undefined) requireSenseOfPrune(rules);
    else requireNothingElse(options);
    const guard = purgeGuard(options);
    return withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (context) => {
      const planned = await (file === undefined
        ? planPrune(context, rules, guard)
        : planSavedPurge(context, file, guard));
      return showOrRun(context, planned, call, options, terminal);
    });
  },
};

function statuses(text: string): FinishedStatus[] {
  const words = text.split(',').map((word) => word.trim());
  const known = words.filter((word): word is FinishedStatus => FINISHED.some((status) => status === word));
  if (known.length === words.length) return [...new Set(known)];
  throw new InvalidArgumentError(`It must be one or more of ${FINISHED.join(', ')}, separated by commas.`);
}

function rulesOf(options: PruneCommandOptions): PruneRules {
  return {
    logs: options.logs ?? false,
    jobs: options.jobs ?? false,
    keep: options.keep ?? null,
    keepPerTemplate: options.keepPerTemplate ?? null,
    keepLastSuccess: options.keepLastSuccess ?? false,
    olderThan: options.olderThan ?? null,
    statuses: options.status ?? null,
    company: options.company ?? null,
  };
}

/** @throws USAGE */
function requireNothingElse(options: PruneCommandOptions): void {
  if (RULES.some((name) => options[name] !== undefined)) throw planAndRules();
  if (options.savePlan !== undefined) throw planIsSaved();
}
