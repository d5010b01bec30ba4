import { InvalidArgumentError } from 'commander';
import {
  type FinishedStatus,
  findCompany,
  type JobRule,
  kindOfRun,
  type LogRule,
  type PurgePlan,
  planPurge,
  type RunKind,
  readPlan,
  requireCurrent,
  sameForAll,
} from '../../cleanup/index.ts';
import { type Engine, utc } from '../../engines/index.ts';
import { MultiFlexiError } from '../../errors.ts';
import { requireMigrated } from '../../migrations/index.ts';
import { FINISHED } from '../../schema/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { before, wholeNumber } from '../numbers.ts';
import { fileName, notBlank } from '../words.ts';
import { requireMaxLag } from './max-lag.ts';
import { archiveOf, type PurgeCommandOptions, purge, purgeOptions } from './purge-run.ts';

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

/** As it was said, and the instant that it means now, in milliseconds since the epoch. */
interface Age {
  readonly said: string;
  readonly instant: number;
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
  description: `Deletes old log entries and finished jobs. Of several rules the most retentive wins: a row goes only when every
rule lets it go. Jobs that are waiting or running, and what is held (retention:hold), are never deleted; a deleted job
takes its artifacts and its log entries along. Works in small chunks beside the running platform; after an
interruption the same command goes on.`,
  examples: [
    ['multiflexi-cli prune --logs --jobs --keep 10000 --dry-run', 'count what would be deleted'],
    ['multiflexi-cli prune --logs --jobs --keep 10000', 'keep the newest 10,000 of each'],
    [
      'multiflexi-cli prune --jobs --older-than 90d --keep-per-template 50 --keep-last-success',
      'jobs of the last 90 days stay, the newest 50 of each run template, and its last success',
    ],
    ['multiflexi-cli prune --jobs --older-than 90d --archive /srv/archive', 'and save what goes there first'],
    ['multiflexi-cli prune --logs --older-than 90d --reclaim', 'and give what is free then back to the disk'],
    [
      'multiflexi-cli prune --jobs --older-than 90d --max-lag 5s --replica db2 --replica db3',
      'wait while a replica is more than five seconds behind',
    ],
    [
      'multiflexi-cli prune --jobs --older-than 6m --dry-run --save-plan purge.json',
      'keep the plan to be read',
    ],
    [
      'multiflexi-cli prune --plan purge.json --time-budget 10m',
      'carry that plan out, for ten minutes at most',
    ],
  ],
  options: (command) => {
    const count = wholeNumber(0, Number.MAX_SAFE_INTEGER);
    purgeOptions(
      command
        .option('--logs', 'prune log entries')
        .option('--jobs', 'prune finished jobs')
        .option('--keep <n>', 'the newest n of each stay', count)
        .option('--keep-per-template <n>', 'the newest n jobs of each run template stay', count)
        .option('--keep-last-success', 'the last job of each run template that ended ok stays')
        .option(
          '--older-than <age>',
          'only what is older than 12h, 90d, 8w, 6m, 2y or a date as 2026-01-31',
          (text): Age => ({ said: text, instant: before(text) }),
        )
        .option('--status <list>', 'only jobs that ended so: ok,failed,canceled', statuses)
        .option('--company <company>', 'only what is of this company, by slug or id', notBlank)
        .option('--plan <file>', 'carry out a plan that --save-plan has kept', fileName),
    );
  },
  run: (options, terminal) => {
    requireMaxLag(options);
    if (options.plan === undefined) requireRules(options);
    else requireNothingElse(options);
    return withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (engine) => {
      await requireMigrated(engine);
      const plan =
        options.plan === undefined
          ? await planOf(engine, options)
          : await requireCurrent(engine, readPlan(engine, options.plan));
      const archive = await archiveOf(options, options.archive !== undefined);
      const call = { program: 'prune', engine, plan, kind: kindOf(options, plan), archive };
      return purge(call, options, terminal);
    });
  },
};

function statuses(text: string): FinishedStatus[] {
  const words = text.split(',').map((word) => word.trim());
  const known = words.filter((word): word is FinishedStatus => FINISHED.some((status) => status === word));
  if (known.length === words.length) return [...new Set(known)];
  throw new InvalidArgumentError(`It must be of ${FINISHED.join(', ')}, with commas between.`);
}

/** @throws USAGE: whatever is not said must not be guessed when it is about deleting. */
function requireRules(options: PruneCommandOptions): void {
  const { logs, jobs, keep, keepPerTemplate, olderThan } = options;
  if (!logs && !jobs) throw usage('Nothing is named that is to be pruned.', 'Add --logs, --jobs or both.');
  if (keep === undefined && olderThan === undefined && (keepPerTemplate === undefined || logs))
    throw usage(
      'It is not said what stays.',
      `Add --keep with a number, or --older-than with an age${logs ? '' : ', or --keep-per-template'}.`,
    );
  const ofJobs = (['keepPerTemplate', 'keepLastSuccess', 'status'] as const).find(
    (name) => options[name] !== undefined,
  );
  if (!jobs && ofJobs) throw usage('That rule is about jobs, and only log entries are named.', 'Add --jobs.');
  if (options.savePlan !== undefined && !options.dryRun)
    throw usage('A plan is kept of a dry run.', 'Add --dry-run, then carry it out with --plan.');
}

function requireNothingElse(options: PruneCommandOptions): void {
  if (RULES.some((name) => options[name] !== undefined))
    throw usage('The plan says what is deleted.', 'Leave the other rules out.');
  if (options.savePlan !== undefined) throw usage('The plan is kept already.', 'Leave --save-plan out.');
}

function usage(message: string, next: string): MultiFlexiError {
  return new MultiFlexiError('USAGE', message, { next });
}

async function planOf(engine: Engine, options: PruneCommandOptions): Promise<PurgePlan> {
  const company = options.company === undefined ? null : await findCompany(engine, options.company);
  const olderThan = options.olderThan === undefined ? null : utc(options.olderThan.instant);
  const keep = options.keep ?? null;
  const jobs: JobRule = {
    keep,
    keepPerTemplate: options.keepPerTemplate ?? null,
    keepLastSuccess: options.keepLastSuccess ?? false,
    olderThan,
    statuses: options.status ?? FINISHED,
  };
  const logs: LogRule = { keep, keepPerCompany: null, olderThan };
  return planPurge(
    engine,
    sameForAll(company, options.jobs ? jobs : undefined, options.logs ? logs : undefined),
  );
}

/** Runs with the same options are of one kind, as are the runs that a kept plan takes. */
function kindOf(options: PruneCommandOptions, plan: PurgePlan): RunKind {
  if (options.plan !== undefined) return kindOfRun('prune', ['plan', plan.made]);
  const said = { ...options, olderThan: options.olderThan?.said };
  return kindOfRun(
    'prune',
    RULES.map((name) => said[name] ?? null),
  );
}
