/** A purge that is planned, with what has to be confirmed before it is carried out. */
import {
  consequencesOf,
  type Oversized,
  oversized,
  type PurgePlan,
  savePlan,
  skipOversized,
} from '../cleanup/index.ts';
import { type Consent, type DependentsConsent, type OversizedConsent, tokenOf } from './consent.ts';
import type { TaskContext } from './context.ts';
import type { RunKind } from './history/run-history.ts';

export interface PurgeGuard {
  /** More than so many percent of all jobs, or of one company's, must be confirmed; at 100 nothing must. */
  readonly percent: number;
  /** Companies above it are left out and reported, and rows that others depend on are kept, unless that is confirmed. */
  readonly skipOversized: boolean;
  /** Whether all that is deleted is archived, not only what the plan says. */
  readonly archiveAll: boolean;
}

export interface PlannedPurge {
  readonly plan: PurgePlan;
  /** Runs of the same kind are compared with each other. */
  readonly kind: RunKind;
  readonly guard: PurgeGuard;
  /** Left out of the plan by the guard. */
  readonly skipped: readonly Oversized[];
  /** Without these the run refuses. */
  readonly consents: readonly Consent[];
}

export async function plannedPurge(
  { engine, onNotice }: TaskContext,
  plan: PurgePlan,
  kind: RunKind,
  guard: PurgeGuard,
): Promise<PlannedPurge> {
  const hidden = await engine.unseenReferences();
  if (!hidden.visible && plan.tables.some(({ rows }) => rows > 0))
    onNotice?.({ kind: 'unseen', what: 'foreign-keys', why: hidden.why, remedy: hidden.remedy });
  if (guard.skipOversized) {
    const { plan: reduced, skipped } = await skipOversized(engine, plan, guard.percent);
    return { plan: reduced, kind, guard, skipped, consents: [] };
  }
  const large = await oversized(engine, plan, guard.percent);
  const consents = [oversizedConsent(plan, large, guard.percent), dependentsConsent(plan, guard.archiveAll)];
  return { plan, kind, guard, skipped: [], consents: consents.filter((one) => one !== undefined) };
}

function oversizedConsent(
  plan: PurgePlan,
  large: readonly Oversized[],
  guard: number,
): OversizedConsent | undefined {
  if (large.length === 0) return undefined;
  const jobs = plan.tables.find(({ table }) => table === 'job')?.rows ?? 0;
  return { kind: 'oversized', guard, oversized: large, jobs, confirmedBy: String(jobs) };
}

/** @returns undefined where nothing of others is touched */
export function dependentsConsent(plan: PurgePlan, archiveAll: boolean): DependentsConsent | undefined {
  const { toConfirm: dependents } = consequencesOf(plan, archiveAll);
  const { hooks } = plan;
  if (dependents.length === 0 && hooks.length === 0) return undefined;
  const seen = [dependents.map(({ key, rows }) => [key, rows]), hooks];
  return { kind: 'dependents', dependents, hooks, confirmedBy: tokenOf(seen) };
}

/** Keeps the plan in a new file. @throws FILE_FAILED, also when the file exists */
export function savePurgePlan({ plan }: PlannedPurge, file: string): void {
  savePlan(file, plan);
}
