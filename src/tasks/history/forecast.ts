/**
 * When a backlog will be gone, or that it grows faster than it is deleted: from what the last runs of the same rules
 * found and deleted. Pure: the runs come in, the words for people are made elsewhere.
 */
export type RunOutcome = 'running' | 'done' | 'time budget' | 'interrupted' | 'failed';

export interface PastRun {
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  /** Null for one that was killed (`interrupted`), or is running. */
  readonly finishedAt: number | null;
  readonly outcome: RunOutcome;
  /** Rows that were to be deleted when it began, and those that it deleted. */
  readonly expected: number;
  readonly deleted: number;
}

export interface Forecast {
  /** Rows that the last run has left. */
  readonly left: number;
  /** Rows that come to be deleted in an hour; null, as all of the rest, where the runs do not tell yet. */
  readonly growsPerHour: number | null;
  /** Rows that are deleted in an hour of the calendar, the time between the runs included. */
  readonly deletedPerHour: number | null;
  /** When nothing is left at this pace, ISO 8601 in UTC; null also where that is never, or not within a century. */
  readonly goneAt: string | null;
  /** Whether as many rows come as are deleted, or more. */
  readonly grows: boolean | null;
}

const HOUR_MS = 3_600_000;
const CENTURY_HOURS = 100 * 365 * 24;

/** @param runs of the same rules, oldest first; the last one has just ended */
export function forecast(runs: readonly PastRun[]): Forecast {
  const last = runs.at(-1);
  const left = !last || last.outcome === 'done' ? 0 : Math.max(0, last.expected - last.deleted);
  const unknown = { left, growsPerHour: null, deletedPerHour: null, goneAt: null, grows: null };
  if (!last || left === 0) return unknown;
  const gaps = runs.slice(1).flatMap((next, place) => gapBetween(runs[place], next));
  if (gaps.length === 0) return unknown;
  const growsPerHour = Math.max(
    0,
    perHour(gaps, ({ grown }) => grown),
  );
  const deletedPerHour = perHour(gaps, ({ deleted }) => deleted);
  const fewerPerHour = deletedPerHour - growsPerHour;
  const hours = left / fewerPerHour;
  const ends = fewerPerHour > 0 && hours < CENTURY_HOURS;
  return {
    left,
    growsPerHour,
    deletedPerHour,
    goneAt: ends
      ? new Date((last.finishedAt ?? last.startedAt) + Math.ceil(hours * HOUR_MS)).toISOString()
      : null,
    grows: fewerPerHour <= 0,
  };
}

interface Gap {
  readonly hours: number;
  /** Rows that have come to be deleted from the beginning of one run to that of the next. */
  readonly grown: number;
  readonly deleted: number;
}

/**
 * None where it is not known what the run deleted, or the next one counted while it was still at work. None after a run
 * that came to its end either: it does not tell how much it could have deleted, and what made the backlog that is there
 * now, as another rule or many rows that were loaded, comes once.
 */
function gapBetween(run: PastRun | undefined, next: PastRun): Gap[] {
  if (!run || run.outcome === 'done' || run.finishedAt === null || next.startedAt < run.finishedAt) return [];
  const hours = Math.max(next.startedAt - run.startedAt, 1) / HOUR_MS;
  return [{ hours, grown: next.expected - (run.expected - run.deleted), deleted: run.deleted }];
}

function perHour(gaps: readonly Gap[], rows: (gap: Gap) => number): number {
  const sum = (of: (gap: Gap) => number) => gaps.reduce((total, gap) => total + of(gap), 0);
  return sum(rows) / sum(({ hours }) => hours);
}
