/** What a cycle of the housekeeper is told, and what it comes to: plain data. */
import type { ErrorReport } from '../errors.ts';
import type { HousekeeperSettings } from '../settings/index.ts';
import type { ArchiveTarget, Duty, DutyName, DutyStep, EndOfDuty, LagLimit } from '../tasks/index.ts';

export interface CycleRequest {
  readonly settings: HousekeeperSettings;
  /** All duties, in the order in which they are run. */
  readonly duties: readonly Duty[];
  /** Only these; all but those that the settings skip where nothing is named. */
  readonly only?: readonly DutyName[] | undefined;
  /** For the whole cycle, in milliseconds. */
  readonly timeBudgetMs: number;
  readonly archive: ArchiveTarget | null;
  readonly lag: LagLimit | undefined;
  /** How long a duty may take beyond its share before it is abandoned, in milliseconds; a minute unless specified. */
  readonly graceMs?: number | undefined;
  /** How long a housekeeper that has died keeps others from taking over, in milliseconds; 90 seconds unless specified. */
  readonly timeToLiveMs?: number | undefined;
  /** Told when a duty has ended. */
  readonly onDuty?: ((outcome: DutyOutcome) => void) | undefined;
}

export type WhySkipped =
  /** The settings say so. */
  | 'settings'
  /** It deletes, and the window for that is closed. */
  | 'window'
  /** The cycle was interrupted before its turn. */
  | 'interrupted'
  /** The time of the cycle was up. */
  | 'time budget';

export interface DutyOutcome {
  readonly duty: DutyName;
  readonly outcome: EndOfDuty | 'skipped';
  readonly skipped: WhySkipped | null;
  /** What was done; in a dry run, what would be. */
  readonly steps: readonly DutyStep[];
  /** Rows, files and findings of all steps. */
  readonly rows: number;
  readonly bytes: number | null;
  readonly backlog: number | null;
  readonly milliseconds: number;
  readonly error: ErrorReport | null;
  readonly note: string | null;
}

export interface CycleResult {
  readonly dryRun: boolean;
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  readonly milliseconds: number;
  readonly duties: readonly DutyOutcome[];
  /** Duties that failed. */
  readonly failed: readonly DutyName[];
  /** Duties that have not come to the end of their work for longer than {@link BEHIND_MS}. */
  readonly behind: readonly DutyName[];
  readonly interrupted: boolean;
}

/** How long a duty may run out of time again and again before that is a fault, in milliseconds. */
export const BEHIND_MS = 24 * 3_600_000;
