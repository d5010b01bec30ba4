/** Deleting by rules that somebody has specified, or by a plan of theirs that was saved. */
import {
  type FinishedStatus,
  findCompanyOfRows,
  type JobRule,
  type LogRule,
  planPurge,
  readPlan,
  requireCurrent,
  sameForAll,
} from '../cleanup/index.ts';
import { utc } from '../engines/index.ts';
import { requireMigrated } from '../migrations/index.ts';
import { FINISHED } from '../schema/index.ts';
import type { TaskContext } from './context.ts';
import { nothingIsKept, nothingToPurge, ruleOfJobs } from './failures.ts';
import { kindOfRun, type RunKind } from './history/run-history.ts';
import { type PlannedPurge, type PurgeGuard, plannedPurge } from './plan-purge.ts';

/** Of several rules the most retentive wins. */
export interface PruneRules {
  readonly logs: boolean;
  readonly jobs: boolean;
  /** The newest so many of each are kept. */
  readonly keep: number | null;
  readonly keepPerTemplate: number | null;
  readonly keepLastSuccess: boolean;
  readonly olderThan: Age | null;
  /** Null for all that a finished job can have. */
  readonly statuses: readonly FinishedStatus[] | null;
  /** By slug or id; null for all companies. */
  readonly company: string | null;
}

/** As it was specified, and the instant that it means now, in milliseconds since the epoch. */
export interface Age {
  readonly said: string;
  readonly instant: number;
}

/** Whatever is not specified must not be guessed when it is about deleting. @throws USAGE */
export function requireSenseOfPrune(rules: PruneRules): void {
  const { logs, jobs, keep, keepPerTemplate, olderThan } = rules;
  if (!logs && !jobs) throw nothingToPurge();
  if (keep === null && olderThan === null && (keepPerTemplate === null || logs)) throw nothingIsKept(logs);
  const isOfJobs = keepPerTemplate !== null || rules.keepLastSuccess || rules.statuses !== null;
  if (!jobs && isOfJobs) throw ruleOfJobs();
}

/** @throws USAGE, NOT_MIGRATED, INDEX_MISSING, UNKNOWN_TARGET for a company that there is not */
export async function planPrune(
  context: TaskContext,
  rules: PruneRules,
  guard: PurgeGuard,
): Promise<PlannedPurge> {
  requireSenseOfPrune(rules);
  const { engine, signal } = context;
  await requireMigrated(engine);
  const company = rules.company === null ? null : await findCompanyOfRows(engine, rules.company);
  const olderThan = rules.olderThan === null ? null : utc(rules.olderThan.instant);
  const jobs: JobRule = {
    keep: rules.keep,
    keepPerTemplate: rules.keepPerTemplate,
    keepLastSuccess: rules.keepLastSuccess,
    olderThan,
    statuses: rules.statuses ?? FINISHED,
  };
  const logs: LogRule = { keep: rules.keep, keepPerCompany: null, olderThan };
  const book = sameForAll(company, rules.jobs ? jobs : undefined, rules.logs ? logs : undefined);
  return plannedPurge(context, await planPurge(engine, book, signal), kindOf(rules), guard);
}

/** @throws FILE_FAILED, FILE_DAMAGED, PLAN_OUTDATED where more would be deleted than it counted */
export async function planSavedPurge(
  context: TaskContext,
  file: string,
  guard: PurgeGuard,
): Promise<PlannedPurge> {
  const { engine } = context;
  await requireMigrated(engine);
  const plan = await requireCurrent(engine, readPlan(engine, file));
  // All runs that a plan takes are of one kind.
  return plannedPurge(context, plan, kindOfRun('prune', ['plan', plan.made]), guard);
}

/** Runs by the same rules are of one kind; an absent rule has always been null there. */
function kindOf(rules: PruneRules): RunKind {
  return kindOfRun('prune', [
    rules.logs || null,
    rules.jobs || null,
    rules.keep,
    rules.keepPerTemplate,
    rules.keepLastSuccess || null,
    rules.olderThan?.said ?? null,
    rules.statuses,
    rules.company,
  ]);
}
