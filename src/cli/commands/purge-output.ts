/** Plans and results of purges, for people. */
import {
  consentText,
  dependentText,
  hooksText,
  oversizedText,
  type PlannedPurge,
  type PurgeOutcome,
  type PurgePlan,
  type PurgeResult,
} from '../../tasks/index.ts';
import { bytes, counted, rows, seconds } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { backlogText } from './backlog-text.ts';
import { inPieces, printSpaceAfterPurge } from './space-output.ts';

/** Skipped rows that are shown to people; JSON has the first hundred. */
const SHOWN = 10;
const WAITED = {
  replica: 'for replicas',
  'lock-waiters': 'for sessions that waited for rows being deleted',
  'undo-backlog': 'for old transactions for which the server keeps what is deleted',
  paused: 'because it was paused',
} as const;
const right = { align: 'right' as const };

export function printSkippedByGuard({ skipped, guard }: PlannedPurge, terminal: Terminal): void {
  terminal.print(
    `Skipped, because more than ${guard.percent} % of the jobs would be deleted: ${oversizedText(skipped)}. Check them with retention:plan; without --skip-oversized you are asked instead.`,
  );
}

export function printPurgePlan({ plan, consents }: PlannedPurge, terminal: Terminal): void {
  terminal.print(
    textTable(
      [
        { title: 'Table' },
        { title: 'To be deleted', ...right },
        { title: 'Of these, with their job', ...right },
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
  if (plan.companies.length > 0) printCompanies(plan.companies, terminal);
  printDependents(plan, terminal);
  for (const consent of consents.filter(({ kind }) => kind === 'oversized'))
    terminal.print(`${consentText(consent)} That requires confirmation.`);
  terminal.print('Nothing was deleted.');
}

function printCompanies(companies: PurgePlan['companies'], terminal: Terminal): void {
  terminal.print('');
  terminal.print(
    textTable(
      [{ title: 'Company' }, { title: 'Jobs', ...right }, { title: 'Oldest' }, { title: 'Newest' }],
      companies.map(({ slug, jobs, oldest, newest }) => [
        slug,
        rows(jobs),
        oldest.slice(0, 16),
        newest.slice(0, 16),
      ]),
    ),
  );
}

function printDependents({ dependents, hooks }: PurgePlan, terminal: Terminal): void {
  const some = dependents.filter((one) => one.rows > 0);
  for (const one of some.filter(({ effect, ofArchived }) => effect !== 'keep' && ofArchived === 0))
    terminal.print(
      `${dependentText(one)} would ${one.effect === 'deleted' ? 'be deleted as well' : `lose ${one.rows === 1 ? 'its' : 'their'} reference`}.`,
    );
  for (const one of some.filter(({ effect }) => effect === 'keep'))
    terminal.print(
      `${dependentText(one)} ${one.rows === 1 ? 'keeps the row' : 'keep the rows'} of ${one.target} that ${one.rows === 1 ? 'it refers' : 'they refer'} to from being deleted.`,
    );
  for (const sentence of hooksText(hooks)) terminal.print(sentence);
}

export function printPurge({ result, backlog, space }: PurgeOutcome, terminal: Terminal): void {
  printDeleted(result, terminal);
  if (result.stopped === 'time budget' && backlog.left > 0) terminal.print(backlogText(backlog, Date.now()));
  printSpaceAfterPurge(space, terminal);
}

function printDeleted(result: PurgeResult, terminal: Terminal): void {
  terminal.print(
    textTable(
      [{ title: 'Table' }, { title: 'Deleted', ...right }],
      result.tables.map(({ table, rows: count }) => [table, rows(count)]),
    ),
  );
  const total = result.tables.reduce((sum, table) => sum + table.rows, 0);
  terminal.print(
    `${counted(total, 'row')} in ${seconds(result.milliseconds)}${inPieces(result.chunks, 'chunk', result.longestChunk)}`,
  );
  for (const { table, rows: count } of result.dependents)
    terminal.print(
      `${counted(count, 'row')} of ${table} ${count === 1 ? 'was deleted as well or lost its' : 'were deleted as well or lost their'} reference.`,
    );
  for (const { reason, milliseconds } of result.waits)
    terminal.print(`${seconds(milliseconds)} of that was spent waiting ${WAITED[reason]}.`);
  if (result.archive) {
    const saved = result.archive.catalogue.tables.reduce((sum, table) => sum + table.rows, 0);
    terminal.print(`Archived as ${result.archive.name}: ${counted(saved, 'row')}.`);
  }
  if (result.reconnections > 0)
    terminal.say(
      `The connection was lost ${counted(result.reconnections, 'time')}; rows deleted at that moment may not be counted.`,
    );
  printSkippedRows(result.skipped, terminal);
  if (result.stopped === 'interrupted') terminal.say('Interrupted; run the same command again to continue.');
  if (result.stopped === 'time budget')
    terminal.say('Time budget used up; run the same command again to continue.');
}

function printSkippedRows({ rows: count, named }: PurgeResult['skipped'], terminal: Terminal): void {
  if (count === 0) return;
  terminal.say(`${counted(count, 'row was', 'rows were')} skipped:`);
  for (const { table, id, reason } of named.slice(0, SHOWN)) terminal.say(`  ${table} ${id}: ${reason}`);
  if (count > SHOWN) terminal.say(`  and ${rows(count - SHOWN)} more`);
}
