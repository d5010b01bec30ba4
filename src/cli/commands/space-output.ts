/** What is free and what became of it, for people. */
import type { SpaceRemedy } from '../../engines/index.ts';
import { EXIT } from '../../errors.ts';
import type { PlannedReclaim, ReclaimResult, SpaceOutcome, SpaceReport } from '../../tasks/index.ts';
import { commandLine } from '../next-words.ts';
import { bytes, counted, seconds } from '../numbers.ts';
import type { Terminal } from '../terminal.ts';

/** How many short steps some work was done in. @param longest in milliseconds */
export function inPieces(count: number, piece: string, longest: number): string {
  return count === 0 ? '' : `: ${counted(count, piece)} of at most ${longest} ms`;
}

export function exitOfReclaim({ stopped }: ReclaimResult): number {
  return stopped === 'interrupted' ? EXIT.failed : EXIT.done;
}

export function exitOfSpace({ reclaim, failure }: SpaceOutcome): number {
  if (failure) return failure.exit;
  return reclaim ? exitOfReclaim(reclaim) : EXIT.done;
}

export function printSpaceAfterPurge({ report, reclaim, failure }: SpaceOutcome, terminal: Terminal): void {
  if (report) printSpace(report, terminal, true);
  if (reclaim) printReclaim(reclaim, terminal);
  if (failure)
    terminal.complain(`The rows were deleted, but: ${failure.message}`, commandLine(failure.nextStep));
}

/** @param purged whether it is about what a purge freed */
export function printSpace(report: SpaceReport, terminal: Terminal, purged: boolean, command?: string): void {
  const about = report.estimated ? 'about ' : '';
  const size = (count: number | null) => (count === null ? 'unknown' : `${about}${bytes(count)}`);
  terminal.print(
    `Space: ${purged ? `${size(report.freedInside)} freed in the database, ` : ''}${bytes(report.returnedToDisk)} given back to the disk; now free: ${size(report.reclaimable)}`,
  );
  for (const note of report.notes) terminal.print(`  ${note}`);
  printRemedies(report.how, report.diskFree, terminal, command);
}

export function printReclaim(
  { stopped, milliseconds, pieces, longestPiece }: ReclaimResult,
  terminal: Terminal,
  command = 'db:reclaim',
): void {
  terminal.print(`Finished in ${seconds(milliseconds)}${inPieces(pieces, 'slice', longestPiece)}`);
  if (stopped === 'interrupted') terminal.say(`Interrupted; run ${command} again to continue.`);
  if (stopped === 'time budget') terminal.say(`Time budget used up; run ${command} again to continue.`);
  if (stopped === 'another session')
    terminal.say(`Another session keeps the rest in use; run ${command} again when it has ended.`);
}

export function printPlannedReclaim(
  { use, ours, others, diskFree }: PlannedReclaim,
  terminal: Terminal,
  command = 'db:reclaim',
): void {
  const about = use.estimated ? 'about ' : '';
  terminal.print(`Free space: ${use.freeBytes === null ? 'unknown' : `${about}${bytes(use.freeBytes)}`}`);
  for (const note of use.notes) terminal.print(`  ${note}`);
  printRemedies([...ours, ...others], diskFree, terminal, command);
  if (others.length > 0)
    terminal.print('multiflexi-cli db:optimize does what needs a copy, and shows its plan first.');
  terminal.print(ours.length > 0 ? 'Nothing was changed.' : `There is nothing for ${command} to do.`);
}

/** @param ours the command that does what is ours, where it is not the one that the remedy names */
function printRemedies(
  remedies: readonly SpaceRemedy[],
  diskFree: number | null,
  terminal: Terminal,
  ours?: string,
): void {
  for (const remedy of remedies) {
    const { gives, lock, needs, needsBytes } = remedy;
    const own = ours === undefined ? undefined : `multiflexi-cli ${ours}`;
    const command = remedy.ours ? (own ?? commandLine([remedy.action])) : remedy.sql;
    terminal.print(terminal.styled('bold', command));
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
