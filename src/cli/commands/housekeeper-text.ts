/** Cycles, status and history of the housekeeper, for people. */
import {
  type CycleResult,
  type DutyOutcome,
  type DutyStatus,
  type HousekeeperStatus,
  type Problem,
  stepText,
} from '../../housekeeper/index.ts';
import type { DutyState, ListedRun } from '../../tasks/index.ts';
import { bytes, counted, rows, seconds, utcText } from '../numbers.ts';
import { textTable } from '../table.ts';
import type { Terminal } from '../terminal.ts';
import { backlogText } from './backlog-text.ts';

const right = { align: 'right' as const };

/** A line for each step; in a dry run each begins with [DRY-RUN]. */
export function printDuty(outcome: DutyOutcome, dryRun: boolean, terminal: Terminal): void {
  const mark = dryRun ? '[DRY-RUN] ' : '';
  for (const line of dutyLines(outcome, dryRun)) terminal.print(`${mark}${outcome.duty}: ${line}`);
}

function dutyLines(
  { outcome, steps, bytes: freed, error, note, backlog }: DutyOutcome,
  dryRun: boolean,
): string[] {
  if (error) return [`failed. ${error.message} ${error.next}`];
  if (outcome === 'skipped') return [`skipped. ${note ?? ''}`.trimEnd()];
  const lines = steps.map((step) => stepText(step, dryRun));
  if (lines.length === 0) lines.push('nothing to do');
  if (freed !== null && freed > 0) lines.push(`${bytes(freed)} freed`);
  if (outcome === 'time budget')
    lines.push(
      `its time was up; the rest is done next time${backlog === null ? '' : ` (${counted(backlog, 'row')})`}`,
    );
  if (outcome === 'interrupted') lines.push('interrupted; the rest is done next time');
  return note === null ? lines : [...lines, note];
}

export function printCycleEnd(
  { dryRun, failed, behind, milliseconds }: CycleResult,
  terminal: Terminal,
): void {
  if (dryRun) terminal.print('[DRY-RUN] Nothing was changed.');
  else terminal.print(`Done in ${seconds(milliseconds)}.`);
  if (failed.length > 0) terminal.print(`Failed: ${failed.join(', ')}.`);
  if (behind.length > 0)
    terminal.print(`Behind for more than a day: ${behind.join(', ')}. Use a longer --time-budget.`);
}

export function printStatus(status: HousekeeperStatus, now: number, terminal: Terminal): void {
  for (const line of headLines(status)) terminal.print(line);
  terminal.print('');
  terminal.print(
    textTable(
      [
        { title: 'Duty' },
        { title: 'Last success' },
        { title: 'Last result' },
        { title: 'Rows', ...right },
        { title: 'Took', ...right },
      ],
      status.duties.map(dutyCells),
    ),
  );
  for (const { duty, forecast } of status.duties)
    if (forecast && forecast.left > 0) terminal.print(`${duty}: ${backlogText(forecast, now)}`);
  for (const { duty, last } of status.duties) if (last?.note) terminal.print(`${duty}: ${last.note}`);
  if (status.problems.length > 0) terminal.print('');
  for (const problem of status.problems) terminal.print(problemText(problem));
}

function headLines({ lease, last, nextAt, problems }: HousekeeperStatus): string[] {
  const lines: string[] = [];
  if (lease?.held)
    lines.push(
      `Running: ${lease.program} on ${lease.host}, process ${lease.pid}, since ${utcText(lease.since)}`,
    );
  if (last === null) return [...lines, 'No cycle has ended yet.'];
  lines.push(`Last cycle: ${lastText(last)}`);
  if (nextAt !== null) lines.push(`Next cycle: due at ${utcText(new Date(nextAt).toISOString())}`);
  lines.push(problems.length === 0 ? 'All is well.' : `${counted(problems.length, 'problem')}, see below.`);
  return lines;
}

function lastText({ endedAt, outcome, milliseconds }: DutyState): string {
  const ended = outcome === 'time budget' ? 'time was up' : outcome;
  return `${utcText(new Date(endedAt).toISOString())}, ${ended}, took ${seconds(milliseconds)}`;
}

function dutyCells({ duty, isSkipped, last }: DutyStatus): string[] {
  if (last === null) return [duty, isSkipped ? 'skipped by the settings' : 'never', '', '', ''];
  const success = last.succeededAt === null ? 'never' : utcText(new Date(last.succeededAt).toISOString());
  const times = last.failures > 1 ? ` (${last.failures} times in a row)` : '';
  const outcome = last.outcome === 'time budget' ? 'time was up' : `${last.outcome}${times}`;
  return [
    duty,
    success,
    isSkipped ? 'skipped by the settings' : outcome,
    rows(last.rows ?? 0),
    seconds(last.milliseconds),
  ];
}

/** What is amiss, and what to do now. */
function problemText(problem: Problem): string {
  switch (problem.kind) {
    case 'never-ran':
      return 'The housekeeper has never run. Enable its timer (systemctl enable --now multiflexi-housekeeper.timer), or run multiflexi-cli housekeeper:run.';
    case 'overdue':
      return `No cycle has ended since ${utcText(new Date(problem.since).toISOString())}. Check its timer (systemctl list-timers multiflexi-housekeeper) or its daemon.`;
    case 'failing':
      return `${problem.duty} fails: ${problem.error ?? 'for an unknown reason.'} Run multiflexi-cli housekeeper:run --only ${problem.duty} to see what to do.`;
    case 'behind':
      return `${problem.duty} has run out of time ${problem.since === null ? 'from the start' : `since ${utcText(new Date(problem.since).toISOString())}`}. Use a longer --time-budget, or run multiflexi-cli housekeeper:run --only ${problem.duty} once.`;
    case 'left-out':
      return `${problem.duty} has not had its turn since ${utcText(new Date(problem.since).toISOString())}, though cycles end. Check MULTIFLEXI_HOUSEKEEPER_WINDOW (no cycle may begin in these hours) and the time budget.`;
  }
}

export function printHistory(runs: readonly ListedRun[], terminal: Terminal): void {
  if (runs.length === 0) {
    terminal.print('Nothing has run yet.');
    return;
  }
  terminal.print(
    textTable(
      [
        { title: 'Started' },
        { title: 'Duty' },
        { title: 'Result' },
        { title: 'Rows', ...right },
        { title: 'Freed', ...right },
        { title: 'Host' },
      ],
      runs.map((run) => [
        utcText(new Date(run.startedAt).toISOString()),
        run.duty,
        run.runs > 1 ? `${rows(run.runs)} runs without work` : run.outcome,
        rows(run.rows),
        run.bytes === null ? '' : bytes(run.bytes),
        run.host,
      ]),
    ),
  );
  for (const { duty, startedAt, error } of runs)
    if (error !== null) terminal.print(`${utcText(new Date(startedAt).toISOString())} ${duty}: ${error}`);
}
