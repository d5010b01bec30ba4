/** The housekeeper: what a cycle did or would do, how it is, what it has done, and its duties. */
import type {
  CycleResult,
  DutyOutcome,
  DutyStatus,
  HousekeeperStatus,
  Problem,
} from '../housekeeper/index.ts';
import type { Duty, ListedRun } from '../tasks/index.ts';
import { backlogOf } from './forecast.ts';

export function cycleDocument(result: CycleResult) {
  return {
    dry_run: result.dryRun,
    started_at: iso(result.startedAt),
    milliseconds: result.milliseconds,
    interrupted: result.interrupted,
    failed: [...result.failed],
    behind: [...result.behind],
    duties: result.duties.map(dutyOf),
  };
}

function dutyOf(outcome: DutyOutcome) {
  return {
    duty: outcome.duty,
    outcome: outcome.outcome,
    skipped_because: outcome.skipped,
    steps: outcome.steps.map(({ action, what, count, detail }) => ({ action, what, count, detail })),
    rows: outcome.rows,
    bytes: outcome.bytes,
    backlog: outcome.backlog,
    milliseconds: outcome.milliseconds,
    error: outcome.error && { ...outcome.error },
    note: outcome.note,
  };
}

export function housekeeperStatusDocument({ lease, last, nextAt, problems, duties }: HousekeeperStatus) {
  return {
    healthy: problems.length === 0,
    problems: problems.map(problemOf),
    lease: lease && {
      held: lease.held,
      released: lease.released,
      term: String(lease.term),
      program: lease.program,
      host: lease.host,
      pid: lease.pid,
      since: lease.since,
      renewed_at: lease.renewedAt,
    },
    last_run: last && {
      ended_at: iso(last.endedAt),
      succeeded_at: isoOrNull(last.succeededAt),
      outcome: last.outcome,
      milliseconds: last.milliseconds,
      consecutive_failures: last.failures,
      rows: last.rows,
    },
    next_run_due_at: isoOrNull(nextAt),
    duties: duties.map(dutyStatusOf),
  };
}

function dutyStatusOf({ duty, isSkipped, last, isBehind, forecast }: DutyStatus) {
  return {
    duty,
    skipped_by_settings: isSkipped,
    last_end_at: isoOrNull(last?.endedAt ?? null),
    last_success_at: isoOrNull(last?.succeededAt ?? null),
    outcome: last?.outcome ?? null,
    consecutive_failures: last?.failures ?? 0,
    behind: isBehind,
    rows: last?.rows ?? null,
    bytes: last?.bytes ?? null,
    backlog: last?.backlog ?? null,
    milliseconds: last?.milliseconds ?? null,
    error: last?.error ?? null,
    note: last?.note ?? null,
    forecast: forecast && backlogOf(forecast),
  };
}

function problemOf(problem: Problem) {
  return {
    kind: problem.kind,
    duty: 'duty' in problem ? problem.duty : null,
    since: 'since' in problem ? isoOrNull(problem.since) : null,
    error: problem.kind === 'failing' ? problem.error : null,
  };
}

export function housekeeperHistoryDocument(runs: readonly ListedRun[]) {
  return {
    runs: runs.map((run) => ({
      id: Number(run.id),
      duty: run.duty,
      started_at: iso(run.startedAt),
      finished_at: isoOrNull(run.finishedAt),
      outcome: run.outcome,
      rows: run.rows,
      bytes: run.bytes,
      error: run.error,
      note: run.note,
      runs: run.runs,
      host: run.host,
    })),
  };
}

export function dutiesDocument(duties: readonly (Duty & { readonly isSkipped: boolean })[]) {
  return {
    duties: duties.map(({ name, summary, deletes, settings, isSkipped }) => ({
      duty: name,
      summary,
      deletes,
      settings: [...settings],
      skipped_by_settings: isSkipped,
    })),
  };
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function isoOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : iso(milliseconds);
}
