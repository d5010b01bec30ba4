/** What a duty's turn means for those who ask later: how often in a row, since when. */
import type { ErrorReport, MultiFlexiError } from '../errors.ts';
import { oneLine } from '../one-line.ts';
import type { DutyName, DutyState } from '../tasks/index.ts';
import { BEHIND_MS, type DutyOutcome, type WhySkipped } from './contract.ts';
import { rowsOf, type Turn } from './one-duty.ts';

export function outcomeOf(duty: DutyName, turn: Turn, milliseconds: number): DutyOutcome {
  const { outcome, steps, bytes, backlog, note, error } = turn;
  return {
    duty,
    outcome,
    skipped: null,
    steps,
    rows: rowsOf(steps),
    bytes,
    backlog,
    milliseconds: Math.round(milliseconds),
    error: error && reportOf(error),
    note,
  };
}

function reportOf(error: MultiFlexiError): ErrorReport {
  const { code, message, next } = error.report();
  return { code, message: oneLine(message), next: oneLine(next) };
}

export function skippedDuty(duty: DutyName, why: WhySkipped, note: string): DutyOutcome {
  return {
    duty,
    outcome: 'skipped',
    skipped: why,
    steps: [],
    rows: 0,
    bytes: null,
    backlog: null,
    milliseconds: 0,
    error: null,
    note,
  };
}

/** @param before what its last run came to */
export function stateAfter(
  duty: string,
  before: DutyState | undefined,
  turn: Turn,
  endedAt: number,
  milliseconds: number,
): DutyState {
  const { outcome } = turn;
  const isEmpty = isWithoutWork(turn);
  return {
    duty,
    endedAt,
    succeededAt: outcome === 'done' ? endedAt : (before?.succeededAt ?? null),
    outcome,
    failures:
      outcome === 'failed'
        ? (before?.failures ?? 0) + 1
        : outcome === 'interrupted'
          ? (before?.failures ?? 0)
          : 0,
    unfinished:
      outcome === 'time budget'
        ? (before?.unfinished ?? 0) + 1
        : outcome === 'done'
          ? 0
          : (before?.unfinished ?? 0),
    rows: rowsOf(turn.steps),
    bytes: turn.bytes,
    backlog: turn.backlog,
    milliseconds: Math.round(milliseconds),
    error: turn.error && reportOf(turn.error).message,
    note: turn.note,
    position: turn.position,
    emptyRun: isEmpty && before?.note === turn.note ? (before?.emptyRun ?? null) : null,
  };
}

export function isWithoutWork({ worked, outcome }: Turn): boolean {
  return !worked && outcome === 'done';
}

/** Whether its time has been up before its work was done for too long. */
export function isBehind({ outcome, endedAt, succeededAt, unfinished }: DutyState): boolean {
  if (outcome !== 'time budget') return false;
  return succeededAt === null ? unfinished >= BEHIND_RUNS : endedAt - succeededAt > BEHIND_MS;
}

/** Of a duty that has never come to its end. */
const BEHIND_RUNS = 24;
