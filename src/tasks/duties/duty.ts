/**
 * A duty of the housekeeper: a use case that nobody has to think of. Its plan only reads, and says in plain data what its
 * run would do; on data that does not change meanwhile, the run does exactly that. Duties know nothing of each other, nor
 * of the cycle that they are part of.
 */
import type { ArchiveTarget, LogScope } from '../../cleanup/index.ts';
import type { TaskContext } from '../context.ts';
import type { LagLimit } from '../throttle.ts';
import type { DutySettings } from './duty-settings.ts';

export interface DutyContext extends TaskContext {
  readonly settings: DutySettings;
  /** The instant of the cycle, in milliseconds since the epoch: the same for a duty's plan and its run. */
  readonly now: number;
  /** Where the run before has stopped, as its result said; undefined for the beginning. It comes from the database: parse it. */
  readonly position: unknown;
  /** How much time the run may take; what it leaves is done the next time. */
  readonly timeBudgetMs: number;
  /** Where rows are archived that must not be lost; null where nobody has specified it. */
  readonly archive: ArchiveTarget | null;
  readonly lag: LagLimit | undefined;
  /** In a dry run, the log entries that duties before it would have deleted by then. */
  readonly gone?: readonly LogScope[] | undefined;
}

/** What is done to things of one kind, in a form that a dry run and a real run share. */
export interface DutyStep {
  readonly action: 'record' | 'analyze' | 'correct' | 'delete' | 'reclaim' | 'report';
  /** What it is done to, in the singular, as in `log entry`. */
  readonly what: string;
  readonly count: number;
  /** More about it, as a phrase without a full stop; null where there is no more to say. */
  readonly detail: string | null;
}

export interface DutyPlan {
  /** None where nothing is to be done: then the duty is not run. */
  readonly steps: readonly DutyStep[];
  /** Kept for the next time where nothing is to be done: undefined for the beginning; left out for the one before. */
  readonly position?: unknown;
  /** Log entries that it deletes, which others then do not find. */
  readonly gone?: readonly LogScope[] | undefined;
  /** Why there is less to do than somebody may expect, in a sentence. */
  readonly note?: string | undefined;
  /** Carries the plan out, in transactions of its own. */
  run(): Promise<DutyResult>;
}

export interface DutyResult {
  /** What was done: that of the plan, where it could be done. */
  readonly steps: readonly DutyStep[];
  /** Bytes that were given back or removed; null where that is not known or no matter. */
  readonly bytes: number | null;
  /** Rows that are left for the next time; null where that is not known. */
  readonly backlog: number | null;
  /** Where the next run continues; undefined for the beginning. */
  readonly position?: unknown;
  readonly stopped: 'interrupted' | 'time budget' | null;
  /** What somebody should know, in sentences. */
  readonly note?: string | undefined;
}

export interface Duty {
  readonly name: DutyName;
  /** What it does, as the end of a sentence that begins with the duty: `deletes …`. */
  readonly summary: string;
  /** Whether it deletes rows or files: only in the window that the settings name. */
  readonly deletes: boolean;
  /** The settings that it follows, by name. */
  readonly settings: readonly string[];
  /** Reads only. */
  plan(context: DutyContext): Promise<DutyPlan>;
}

/** In the order of a cycle: what destroys nothing comes first. */
export const DUTY_NAMES = [
  'size-samples',
  'statistics',
  'counters',
  'schedules',
  'credentials',
  'tokens',
  'temporary-files',
  'log-pruning',
  'retention',
  'orphans',
  'history',
  'stale-jobs',
  'space',
] as const;
export type DutyName = (typeof DUTY_NAMES)[number];
