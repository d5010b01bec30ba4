/** By which rules rows go. Of several rules the most retentive wins: a row goes only when every one of them lets it go. */
import type { FINISHED } from '../schema/index.ts';

export type FinishedStatus = (typeof FINISHED)[number];

export interface JobRule {
  /** The newest N jobs of all stay. */
  readonly keep: number | null;
  /** The newest N jobs of each run template stay. */
  readonly keepPerTemplate: number | null;
  /** The newest job of each run template that ended `ok` stays. */
  readonly keepLastSuccess: boolean;
  /** Only jobs created before this instant go. */
  readonly olderThan: string | null;
  readonly statuses: readonly FinishedStatus[];
  /** Jobs are saved to an archive before they go, with what is theirs. */
  readonly archive?: boolean;
}

export interface LogRule {
  /** The newest N log entries of all stay. */
  readonly keep: number | null;
  /** The newest N log entries of each company stay. */
  readonly keepPerCompany: number | null;
  /** Only entries written before this instant go. */
  readonly olderThan: string | null;
  /** Entries are saved to an archive before they go. */
  readonly archive?: boolean;
}

/** The rules of one run, whoever made them: options of a command, or policies. */
export interface RuleBook {
  /** Nobody else's rows are touched; null for all companies. */
  readonly company: bigint | null;
  /** The rule of a run template's jobs (null for jobs of none), the same object for all that share it; undefined where none applies. */
  readonly jobs: ((company: bigint, template: bigint | null) => JobRule | undefined) | undefined;
  /** The rule of a company's log entries (null for those of none). */
  readonly logs: ((company: bigint | null) => LogRule | undefined) | undefined;
  /** Tokens whose validity ended before this instant go. */
  readonly tokensBefore: string | undefined;
  /** Runs of housekeeping that began before this instant go. */
  readonly historyBefore: string | undefined;
}

/** Rules that are the same for everybody. */
export function sameForAll(
  company: bigint | null,
  jobs: JobRule | undefined,
  logs: LogRule | undefined,
): RuleBook {
  return {
    company,
    jobs: jobs && (() => jobs),
    logs: logs && (() => logs),
    tokensBefore: undefined,
    historyBefore: undefined,
  };
}
