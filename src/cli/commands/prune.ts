import { type Command, InvalidArgumentError } from 'commander';
import {
  DEFAULT_GUARD,
  type FinishedStatus,
  findCompany,
  type JobRule,
  kindOfRun,
  type LogRule,
  type Oversized,
  oversized,
  type PurgePlan,
  type PurgeResult,
  planPurge,
  type RecordedPurge,
  type RunKind,
  readPlan,
  recordedPurge,
  requireCurrent,
  sameForAll,
  savePlan,
} from '../../cleanup/index.ts';
import { type Engine, utc } from '../../engines/index.ts';
import { EXIT, MultiFlexiError } from '../../errors.ts';
import { requireMigrated } from '../../migrations/index.ts';
import { FINISHED } from '../../schema/index.ts';
import type { CliCommand } from '../command.ts';
import { withDatabase } from '../database.ts';
import { before, bytes, duration, rows, seconds, wholeNumber } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { fileName, notBlank } from '../words.ts';
import { backlogDocument, backlogWords } from './backlog.ts';
import { oversizedWords, skippedWords } from './guard-words.ts';

export interface PurgeCommandOptions {
  readonly dryRun?: true;
  readonly savePlan?: string;
  readonly timeBudget?: number;
  readonly wait: number;
  /** In percent. */
  readonly guard: number;
}

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
    if (options.plan === undefined) requireRules(options);
    else requireNothingElse(options);
    return withDatabase(options, terminal, options.dryRun ? 'inspect' : 'change', async (engine) => {
      await requireMigrated(engine);
      const plan =
        options.plan === undefined
          ? await planOf(engine, options)
          : await requireCurrent(engine, readPlan(engine, options.plan));
      return purge('prune', engine, plan, options, terminal, kindOf(options, plan));
    });
  },
};

export function purgeOptions(command: Command): Command {
  return command
    .option('--dry-run', 'count what would be deleted, delete nothing')
    .option('--save-plan <file>', 'with --dry-run: keep the plan in this new file', fileName)
    .option(
      '--guard <percent>',
      'ask where more than so many percent of all jobs or of a company would go; 100: never',
      wholeNumber(1, 100),
      DEFAULT_GUARD,
    )
    .option('--time-budget <time>', 'end after 90s, 10m or 2h; the next run goes on', duration)
    .option(
      '--wait <seconds>',
      'how long to wait for another purge that is running',
      wholeNumber(0, 86_400),
      0,
    );
}

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

/** Shows the plan, or carries it out once the guard has let it pass; it has no question where it skipped what is oversized. */
export async function purge(
  program: string,
  engine: Engine,
  plan: PurgePlan,
  options: PurgeCommandOptions,
  terminal: Terminal,
  kind: RunKind,
  skipped?: readonly Oversized[],
): Promise<number> {
  if (skipped && skipped.length > 0) terminal.print(skippedWords(skipped, options.guard));
  if (options.dryRun) return showPlan(plan, options, terminal, skipped);
  if (!skipped) await requireConsent(engine, plan, options.guard, terminal);
  const { result, backlog } = await runPurge(program, engine, plan, options, terminal, kind);
  if (terminal.json)
    terminal.document({
      ...resultDocument(result),
      skipped: skipped ?? [],
      backlog: backlogDocument(backlog),
    });
  else printPurgeResult(result, terminal);
  if (result.stopped === 'time budget' && backlog.left > 0) terminal.print(backlogWords(backlog, Date.now()));
  return result.stopped === 'interrupted' ? EXIT.failed : EXIT.done;
}

/** Prints the plan, and keeps it where that is asked for. */
export function showPlan(
  plan: PurgePlan,
  { savePlan: file }: Pick<PurgeCommandOptions, 'savePlan'>,
  terminal: Terminal,
  skipped: readonly Oversized[] = [],
): number {
  if (file !== undefined) savePlan(file, plan);
  if (terminal.json) terminal.document({ ...planDocument(plan, file ?? null), skipped });
  else printPurgePlan(plan, terminal);
  if (file !== undefined && !terminal.json) terminal.say(`The plan is in ${file}.`);
  return EXIT.done;
}

/** @throws NEEDS_CONFIRMATION unless it is a small share, or somebody said yes, or typed how many jobs go */
async function requireConsent(
  engine: Engine,
  plan: PurgePlan,
  guard: number,
  terminal: Terminal,
): Promise<void> {
  const large = await oversized(engine, plan, guard);
  if (large.length === 0) return;
  const jobs = plan.tables.find(({ table }) => table === 'job')?.rows ?? 0;
  const what = oversizedWords(large, guard);
  terminal.say(what);
  if (terminal.assumesYes) return;
  if (terminal.mayAsk && (await terminal.retype(`Type how many jobs go (${jobs}) to go on:`, String(jobs))))
    return;
  throw new MultiFlexiError('NEEDS_CONFIRMATION', `${what} Nobody said yes to it.`, {
    next: 'Nothing was deleted. Look at the same command with --dry-run, then add --yes.',
  });
}

export async function runPurge(
  program: string,
  engine: Engine,
  plan: PurgePlan,
  options: Pick<PurgeCommandOptions, 'wait' | 'timeBudget'>,
  terminal: Terminal,
  kind: RunKind,
): Promise<RecordedPurge> {
  const total = plan.tables.reduce((sum, table) => sum + table.rows, 0);
  const bar = await terminal.progressBar('pruning', total);
  try {
    return await recordedPurge(engine, plan, kind, {
      program,
      waitMs: options.wait * 1000,
      timeBudgetMs: options.timeBudget,
      signal: terminal.interrupted,
      onProgress: ({ deleted }) => bar.update(deleted),
    });
  } finally {
    bar.stop();
  }
}

function planDocument(plan: PurgePlan, file: string | null) {
  return {
    dry_run: true,
    made: plan.made,
    plan_file: file,
    tables: plan.tables.map(({ table, rows: count, withTheirJob, bytes: about }) => ({
      table_name: table,
      rows: count,
      with_their_job: withTheirJob,
      bytes_estimate: about,
    })),
    companies: plan.companies.map(({ id, slug, jobs, oldest, newest }) => ({
      company_id: id,
      slug,
      jobs,
      oldest,
      newest,
    })),
  };
}

export function printPurgePlan(plan: PurgePlan, terminal: Terminal): void {
  const right = { align: 'right' as const };
  terminal.print(
    textTable(
      [
        { title: 'Table' },
        { title: 'Would be deleted', ...right },
        { title: 'of them with their job', ...right },
        { title: 'Content', ...right },
      ],
      plan.tables.map((line) => [
        line.table,
        rows(line.rows),
        rows(line.withTheirJob),
        line.bytes === null ? '' : `${line.rows === 0 ? '' : '~'}${bytes(line.bytes)}`,
      ]),
    ),
  );
  if (plan.companies.length > 0) {
    terminal.print('');
    terminal.print(
      textTable(
        [{ title: 'Company' }, { title: 'Jobs', ...right }, { title: 'Oldest' }, { title: 'Newest' }],
        plan.companies.map(({ slug, jobs, oldest, newest }) => [
          slug,
          rows(jobs),
          oldest.slice(0, 16),
          newest.slice(0, 16),
        ]),
      ),
    );
  }
  terminal.print('Nothing was deleted.');
}

function resultDocument(result: PurgeResult) {
  return {
    dry_run: false,
    stopped: result.stopped,
    milliseconds: result.milliseconds,
    chunks: result.chunks,
    longest_chunk_milliseconds: result.longestChunk,
    tables: result.tables.map(({ table, rows: count }) => ({ table_name: table, rows: count })),
  };
}

export function printPurgeResult(result: PurgeResult, terminal: Terminal): void {
  const columns = [{ title: 'Table' }, { title: 'Deleted', align: 'right' as const }];
  terminal.print(
    textTable(
      columns,
      result.tables.map(({ table, rows: count }) => [table, rows(count)]),
    ),
  );
  const total = result.tables.reduce((sum, table) => sum + table.rows, 0);
  terminal.print(
    `${rows(total)} rows in ${seconds(result.milliseconds)}, in ${rows(result.chunks)} chunks of ${result.longestChunk} ms at most`,
  );
  if (result.stopped === 'interrupted') terminal.say('Interrupted before the end; the same command goes on.');
  if (result.stopped === 'time budget')
    terminal.say('The time is over before the end; the same command goes on.');
}
