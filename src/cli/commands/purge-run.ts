/** What all commands that purge have in common: options, the question of the guard, and the run itself. */
import type { Command } from 'commander';
import {
  DEFAULT_GUARD,
  type Oversized,
  oversized,
  type PurgeOptions,
  type PurgePlan,
  type RecordedPurge,
  type RunKind,
  recordedPurge,
  type Throttle,
} from '../../cleanup/index.ts';
import type { Engine } from '../../engines/index.ts';
import { EXIT, MultiFlexiError } from '../../errors.ts';
import { measureSpace } from '../../maintenance/index.ts';
import {
  type ArchiveOptions,
  archiveTarget,
  passphraseOption,
  requireArchiveTarget,
} from '../archive-options.ts';
import type { GlobalOptions } from '../command.ts';
import { duration, seconds, wholeNumber } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';
import { fileName } from '../words.ts';
import { backlogDocument, backlogWords } from './backlog.ts';
import { oversizedWords, skippedWords } from './guard-words.ts';
import { type MaxLagOptions, maxLagOptions, withThrottle } from './max-lag.ts';
import { printPurgeResult, resultDocument, showPlan } from './purge-output.ts';
import { printSpace, spaceAfterPurge, spaceDocument } from './space-report.ts';

export interface PurgeCommandOptions extends MaxLagOptions, ArchiveOptions {
  readonly dryRun?: true;
  readonly savePlan?: string;
  readonly timeBudget?: number;
  readonly wait: number;
  /** In percent. */
  readonly guard: number;
  readonly reclaim?: true;
}

export function purgeOptions(command: Command): Command {
  const archiving = passphraseOption(
    maxLagOptions(command).option(
      '--archive [dir]',
      'where rows are saved before they go (default: ARCHIVE_DIR)',
      fileName,
    ),
  );
  return archiving
    .option('--dry-run', 'count what would be deleted, delete nothing')
    .option('--save-plan <file>', 'with --dry-run: keep the plan in this new file', fileName)
    .option(
      '--guard <percent>',
      'ask where more than so many percent of all jobs or of a company would go; 100: never',
      wholeNumber(1, 100),
      DEFAULT_GUARD,
    )
    .option('--time-budget <time>', 'end after 90s, 10m or 2h; the next run goes on', duration)
    .option('--reclaim', 'then give the free space back, as far as db:reclaim can')
    .option(
      '--wait <seconds>',
      'how long to wait for another purge that is running',
      wholeNumber(0, 86_400),
      0,
    );
}

/**
 * Where rows are archived. @param all whatever goes, not only what a policy or a kept plan wants archived
 * @throws USAGE, SETTINGS_INVALID
 */
export async function archiveOf(
  options: ArchiveOptions & GlobalOptions,
  all: boolean,
): Promise<PurgeOptions['archive']> {
  if (options.archive !== undefined) return { ...(await requireArchiveTarget(options)), all };
  const target = await archiveTarget(options);
  return target && { ...target, all: false };
}

export interface PurgeCall {
  readonly program: string;
  readonly engine: Engine;
  readonly plan: PurgePlan;
  readonly kind: RunKind;
  readonly archive: PurgeOptions['archive'];
  /** What the guard has left out of the plan; where it has, it asks no question. */
  readonly skipped?: readonly Oversized[];
}

/** Shows the plan, or carries it out once the guard has let it pass. */
export async function purge(
  call: PurgeCall,
  options: PurgeCommandOptions,
  terminal: Terminal,
): Promise<number> {
  const { program, engine, plan, skipped } = call;
  if (skipped && skipped.length > 0) terminal.print(skippedWords(skipped, options.guard));
  if (options.dryRun) return showPlan(plan, options, terminal, skipped);
  const before = await measureSpace(engine);
  const { result, backlog } = await withThrottle(engine, options, terminal, async (throttle) => {
    if (!skipped) await requireConsent(engine, plan, options.guard, terminal);
    return runPurge(call, options, terminal, throttle);
  });
  if (!terminal.json) printPurgeResult(result, terminal);
  if (result.stopped === 'time budget' && backlog.left > 0) terminal.print(backlogWords(backlog, Date.now()));
  const space = await spaceAfterPurge(program, engine, before, result, options, terminal);
  if (terminal.json)
    terminal.document({
      ...resultDocument(result),
      skipped: skipped ?? [],
      backlog: backlogDocument(backlog),
      space: spaceDocument(space),
    });
  else printSpace(space, terminal);
  return result.stopped === 'interrupted' ? EXIT.failed : space.exit;
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
  { program, engine, plan, kind, archive }: Omit<PurgeCall, 'skipped'>,
  { wait, timeBudget }: Pick<PurgeCommandOptions, 'wait' | 'timeBudget'>,
  terminal: Terminal,
  throttle?: Throttle,
): Promise<RecordedPurge> {
  const total = plan.tables.reduce((sum, table) => sum + table.rows, 0);
  const bar = await terminal.progressBar('pruning', total);
  try {
    return await recordedPurge(engine, plan, kind, {
      program,
      waitMs: wait * 1000,
      timeBudgetMs: timeBudget,
      signal: terminal.interrupted,
      throttle,
      archive,
      onProgress: ({ deleted }) => bar.update(deleted),
      onLost: ({ message }, restMs) => terminal.say(`${message} Trying again in ${seconds(restMs)}.`),
    });
  } finally {
    bar.stop();
  }
}
