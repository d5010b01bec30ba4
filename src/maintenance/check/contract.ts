/** What a check is, and what it finds: plain data. */
import type { Engine } from '../../engines/index.ts';

export const CHECK_NAMES = [
  'structure',
  'schema',
  'storage',
  'indexes',
  'unused-indexes',
  'orphans',
  'ids',
  'leftovers',
  'server',
] as const;
export type CheckName = (typeof CHECK_NAMES)[number];

export interface Finding {
  /** Stable, for scripts and for whoever dismisses it, as in `orphans:artifacts.job_id`. */
  readonly id: string;
  readonly check: CheckName;
  readonly severity: 'error' | 'warning' | 'note';
  readonly table: string | null;
  /** In sentences; with names and ids, never with other values of rows. */
  readonly message: string;
  /** The statements or the command that fix it. */
  readonly fix: string | null;
  /** Why it may be left; null where there is a fix, or a person has to decide. */
  readonly safeToLeave: string | null;
}

/** What could not be found out. */
export interface Unknown {
  readonly check: CheckName;
  readonly why: string;
  /** The statement that would show it; null where there is none. */
  readonly remedy: string | null;
}

export interface CheckOutcome {
  readonly findings: readonly Omit<Finding, 'check'>[];
  readonly unknown?: readonly Omit<Unknown, 'check'>[];
}

export interface Probe {
  readonly engine: Engine;
  /** For every hour: nothing may take longer the more rows there are. */
  readonly quick: boolean;
  /** The tables that are ours and are there. */
  readonly tables: readonly string[];
  /** Ends the check: its time is over, or somebody has interrupted it. */
  readonly signal: AbortSignal;
}

/** Reads only. What it throws of the database counts as not known; it does not stop the others. */
export interface Check {
  readonly name: CheckName;
  run(probe: Probe): Promise<CheckOutcome>;
}
