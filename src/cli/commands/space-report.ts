/** What became of the space: shown after a purge and after a reclaim. */
import type { PurgeResult } from '../../cleanup/index.ts';
import type { Engine, SpaceRemedy, SpaceUse } from '../../engines/index.ts';
import { EXIT, isMultiFlexiError, type MultiFlexiError } from '../../errors.ts';
import {
  applyReclaim,
  compareSpace,
  measureSpace,
  planReclaim,
  type ReclaimPlan,
  type ReclaimResult,
  type SpaceReport,
} from '../../maintenance/index.ts';
import { bytes, seconds } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';

export interface SpaceOutcome {
  /** Null when it could not be measured any more. */
  readonly report: SpaceReport | null;
  /** Null where none was asked for, or the purge came to no end. */
  readonly reclaim: ReclaimResult | null;
  /** What kept the space from being given back or measured: the purge itself was done. */
  readonly failure: MultiFlexiError | null;
  readonly exit: number;
}

interface ReclaimWords {
  readonly wait: number;
  readonly timeBudget?: number;
  readonly reclaim?: true;
}

/** A failure here is told beside the purge's result, which is worth telling in any case. */
export async function spaceAfterPurge(
  program: string,
  engine: Engine,
  before: SpaceUse,
  { stopped, milliseconds }: PurgeResult,
  { wait, timeBudget, reclaim: wanted }: ReclaimWords,
  terminal: Terminal,
): Promise<SpaceOutcome> {
  let report: SpaceReport | null = null;
  try {
    const purged = await measureSpace(engine);
    report = await compareSpace(engine, before, purged, purged);
    if (!wanted || stopped !== null) return { report, reclaim: null, failure: null, exit: EXIT.done };
    const left = timeBudget === undefined ? undefined : Math.max(1, timeBudget - milliseconds);
    const reclaim = await runReclaim(
      program,
      engine,
      await planReclaim(engine),
      { wait, ...(left === undefined ? {} : { timeBudget: left }) },
      terminal,
    );
    report = await compareSpace(engine, before, purged, reclaim.after);
    return { report, reclaim, failure: null, exit: exitOf(reclaim) };
  } catch (error) {
    if (!isMultiFlexiError(error)) throw error;
    return { report, reclaim: null, failure: error, exit: error.exit };
  }
}

export async function runReclaim(
  program: string,
  engine: Engine,
  plan: ReclaimPlan,
  { wait, timeBudget }: Omit<ReclaimWords, 'reclaim'>,
  terminal: Terminal,
): Promise<ReclaimResult> {
  const bar = await terminal.progressBar('reclaiming', inMebi(plan.use.freeBytes ?? 0), 'MiB');
  try {
    return await applyReclaim(engine, plan, {
      program,
      waitMs: wait * 1000,
      timeBudgetMs: timeBudget,
      signal: terminal.interrupted,
      onProgress: (done) => bar.update(inMebi(done)),
    });
  } finally {
    bar.stop();
  }
}

export function exitOf({ stopped }: ReclaimResult): number {
  return stopped === 'interrupted' ? EXIT.failed : EXIT.done;
}

function inMebi(count: number): number {
  return Math.round(count / 1024 / 1024);
}

export function spaceDocument({ report, reclaim, failure }: SpaceOutcome) {
  return {
    ...(report === null ? {} : reportDocument(report)),
    reclaim: reclaim && reclaimDocument(reclaim),
    error: failure?.report() ?? null,
  };
}

export function reportDocument(report: SpaceReport) {
  return {
    freed_inside_bytes: report.freedInside,
    returned_to_disk_bytes: report.returnedToDisk,
    reclaimable_bytes: report.reclaimable,
    estimated: report.estimated,
    disk_free_bytes: report.diskFree,
    how: report.how.map(remedyDocument),
    notes: report.notes,
  };
}

export function remedyDocument({ command, gives, lock, needs, needsBytes, ours }: SpaceRemedy) {
  return { command, gives, lock, needs, needs_bytes: needsBytes, by_reclaim: ours };
}

export function reclaimDocument({ stopped, milliseconds, pieces, longestPiece }: ReclaimResult) {
  return { stopped, milliseconds, slices: pieces, longest_slice_milliseconds: longestPiece };
}

export function printSpace({ report, reclaim, failure }: SpaceOutcome, terminal: Terminal): void {
  if (report) printReport(report, terminal, true);
  if (reclaim) printStopped(reclaim, terminal);
  if (failure) {
    terminal.complain(`What was deleted is deleted, but: ${failure.message}`, failure.next);
  }
}

/** @param purged whether it is about what a purge freed */
export function printReport(report: SpaceReport, terminal: Terminal, purged: boolean): void {
  const about = report.estimated ? 'about ' : '';
  const size = (count: number | null) => (count === null ? 'not known' : `${about}${bytes(count)}`);
  terminal.print(
    `Space: ${purged ? `${size(report.freedInside)} freed inside, ` : ''}${bytes(report.returnedToDisk)} went back to the disk; free inside now: ${size(report.reclaimable)}`,
  );
  for (const note of report.notes) terminal.print(`  ${note}`);
  printRemedies(report.how, report.diskFree, terminal);
}

export function printRemedies(
  remedies: readonly SpaceRemedy[],
  diskFree: number | null,
  terminal: Terminal,
): void {
  for (const { command, gives, lock, needs, needsBytes } of remedies) {
    terminal.print(`${terminal.styled('bold', command)}`);
    terminal.print(`  gives: ${gives}`);
    terminal.print(`  locks: ${lock}`);
    terminal.print(
      `  needs: ${needs}${needsBytes === null ? '' : `: ${bytes(needsBytes)}`}${lack(needsBytes, diskFree)}`,
    );
  }
}

function lack(needed: number | null, free: number | null): string {
  if (needed === null || free === null) return '';
  return needed > free ? `, but the disk has only ${bytes(free)} free` : `; the disk has ${bytes(free)} free`;
}

export function printStopped(
  { stopped, milliseconds, pieces, longestPiece }: ReclaimResult,
  terminal: Terminal,
): void {
  terminal.print(`Reclaimed in ${seconds(milliseconds)}, in ${pieces} slices of ${longestPiece} ms at most`);
  if (stopped === 'interrupted') terminal.say('Interrupted before the end; db:reclaim goes on.');
  if (stopped === 'time budget') terminal.say('The time is over before the end; db:reclaim goes on.');
  if (stopped === 'another session')
    terminal.say(
      'Another session keeps the rest from being given back; db:reclaim goes on once that is done.',
    );
}
