/** What a purge would delete: counted and frozen, not touched. */
import type { DeleteHook } from '../../engines/index.ts';
import type { Effect } from '../selection/dependents.ts';
import type { JobScope, LogScope } from '../selection/scopes.ts';

export interface PurgePlan {
  /** When it was made, and for which database. */
  readonly made: string;
  readonly where: string;
  /** Of which installation; null in plans that are older than installation ids. */
  readonly installation: string | null;
  /** Which of its databases, as a clone is another one; null where that cannot be told. */
  readonly server: string | null;
  /** What is deleted, with its boundaries; nothing else is touched, whatever is written later. */
  readonly jobs: readonly JobScope[];
  readonly logs: readonly LogScope[];
  /** Tokens that ended before this instant are deleted; null for none. */
  readonly tokensBefore: string | null;
  /** Runs of housekeeping that began before this instant are deleted; null for none. */
  readonly historyBefore: string | null;
  /** What is deleted, children included; in the order in which it is. */
  readonly tables: readonly PlannedTable[];
  /** Jobs by company, the most first. */
  readonly companies: readonly PlannedCompany[];
  /** Rows of tables that are not ours and depend on rows that are deleted. */
  readonly dependents: readonly PlannedDependent[];
  /** Triggers and rules that act on the deletion; what they do is not known. */
  readonly hooks: readonly DeleteHook[];
}

export interface PlannedTable {
  readonly table: 'logger' | 'artifacts' | 'job' | 'token' | 'housekeeping_run';
  readonly rows: number;
  /** Rows that are deleted only because their job is. */
  readonly withTheirJob: number;
  /** About what their values take, in bytes; null where it was not looked for. */
  readonly bytes: number | null;
}

export interface PlannedCompany {
  readonly id: bigint;
  readonly slug: string;
  readonly jobs: number;
  /** When the oldest and the newest of them were created. */
  readonly oldest: string;
  readonly newest: string;
}

export interface PlannedDependent {
  /** The foreign keys that lead to it, as one text: the same at another time. */
  readonly key: string;
  /** The table, of another schema with that. */
  readonly table: string;
  readonly columns: readonly string[];
  readonly target: string;
  readonly onDelete: string;
  /** What becomes of the rows: `keep` means that what they refer to cannot be deleted. */
  readonly effect: Effect;
  readonly rows: number;
  /** Those of them that depend on rows which are to be archived. */
  readonly ofArchived: number;
}

/** What a plan says of what is deleted, without how much it is. */
export type FrozenPlan = Pick<
  PurgePlan,
  'made' | 'where' | 'installation' | 'server' | 'jobs' | 'logs' | 'tokensBefore' | 'historyBefore'
>;

export function rowsOf(tables: readonly { readonly rows: number }[]): number {
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}
