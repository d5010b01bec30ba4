/** What all commands that purge take, and how they carry a plan out. */
import type { Command } from 'commander';
import { plannedPurgeDocument, purgeDocument } from '../../documents/index.ts';
import { EXIT } from '../../errors.ts';
import {
  DEFAULT_GUARD,
  type PlannedPurge,
  type PurgeGuard,
  type PurgeOutcome,
  type PurgeRequest,
  runPurge,
  savePurgePlan,
  type TaskContext,
} from '../../tasks/index.ts';
import { type ArchiveOptions, archiveTarget, passphraseOption } from '../archive-options.ts';
import { fileName } from '../arguments.ts';
import { confirming } from '../asking.ts';
import { savingWithoutDryRun } from '../failures.ts';
import { commandLine } from '../next-words.ts';
import { duration, wholeNumber } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';
import { type LagOptions, lagLimit, lagOptions } from './lag-options.ts';
import { printPurge, printPurgePlan, printSkippedByGuard } from './purge-output.ts';
import { exitOfSpace } from './space-output.ts';

export interface PurgeCommandOptions extends LagOptions, ArchiveOptions {
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
    lagOptions(command).option(
      '--archive [dir]',
      'save rows to an archive in this directory before they are deleted (default: ARCHIVE_DIR)',
      fileName,
    ),
  );
  return savePlanOption(archiving.option('--dry-run', 'count what would be deleted; delete nothing'), true)
    .option(
      '--guard <percent>',
      "ask before deleting more than this percentage of all jobs or of one company's; 100 never asks",
      wholeNumber(1, 100),
      DEFAULT_GUARD,
    )
    .option('--time-budget <time>', 'stop after this time (90s, 10m, 2h); the next run continues', duration)
    .option('--reclaim', 'then give free space back to the disk, as db:reclaim does')
    .option('--wait <seconds>', 'how long to wait for a running purge', wholeNumber(0, 86_400), 0);
}

export function savePlanOption(command: Command, withDryRun: boolean): Command {
  return command.option(
    '--save-plan <file>',
    `${withDryRun ? 'with --dry-run: ' : ''}save the plan to this new file, for prune --plan`,
    fileName,
  );
}

export type PurgeCall = Omit<PurgeRequest, 'confirmed'>;

/** All that is asked for, checked before anything is opened. @throws USAGE, SETTINGS_INVALID */
export function purgeCall(options: PurgeCommandOptions, terminal: Terminal): PurgeCall {
  if (options.savePlan !== undefined && !options.dryRun) throw savingWithoutDryRun();
  return {
    waitMs: options.wait * 1000,
    timeBudgetMs: options.timeBudget,
    archive: archiveTarget(options, terminal),
    lag: lagLimit(options),
    reclaim: options.reclaim,
  };
}

/** Whoever names an archive wants all that is deleted in it, not only what a policy or a saved plan archives. */
export function purgeGuard({ guard, archive }: PurgeCommandOptions, skipOversized = false): PurgeGuard {
  return { percent: guard, skipOversized, archiveAll: archive !== undefined };
}

/** Shows the plan, or carries it out. @returns the exit status */
export async function showOrRun(
  context: TaskContext,
  planned: PlannedPurge,
  call: PurgeCall,
  options: PurgeCommandOptions,
  terminal: Terminal,
): Promise<number> {
  if (planned.skipped.length > 0) printSkippedByGuard(planned, terminal);
  if (options.dryRun) return showPurgePlan(planned, options, terminal);
  const outcome = await confirming(terminal, (confirmed) =>
    runPurge(context, planned, { ...call, confirmed }),
  );
  if (terminal.json) terminal.document(purgeDocument(outcome, commandLine));
  else printPurge(outcome, terminal);
  return exitOf(outcome);
}

/** Shows the plan, and saves it where that is asked for. @returns the exit status */
export function showPurgePlan(
  planned: PlannedPurge,
  { savePlan: file }: Pick<PurgeCommandOptions, 'savePlan'>,
  terminal: Terminal,
): number {
  if (file !== undefined) savePurgePlan(planned, file);
  if (terminal.json) terminal.document(plannedPurgeDocument(planned, file ?? null));
  else {
    printPurgePlan(planned, terminal);
    if (file !== undefined) terminal.say(`The plan was saved to ${file}.`);
  }
  return EXIT.done;
}

function exitOf({ result, space }: PurgeOutcome): number {
  if (result.stopped === 'interrupted') return EXIT.failed;
  const exit = exitOfSpace(space);
  return exit === EXIT.done && result.skipped.rows > 0 ? EXIT.differs : exit;
}
