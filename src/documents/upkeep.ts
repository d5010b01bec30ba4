/** Planner's statistics, VACUUM and rebuilds: plans and results. */
import type {
  AnalyzeOutcome,
  AnalyzePlan,
  OptimizeOutcome,
  OptimizePlan,
  VacuumOutcome,
  VacuumPlan,
} from '../tasks/index.ts';
import { confirmationsOf } from './confirmations.ts';
import type { NextStepWriter } from './failure.ts';
import { plannedReclaimDocument, reclaimDocument } from './space.ts';

export function plannedAnalyzeDocument({ tables }: AnalyzePlan) {
  return { dry_run: true as const, tables: tables.map(analysisOf) };
}

export function analyzeDocument({ tables, analyzed }: AnalyzeOutcome) {
  return {
    dry_run: false as const,
    tables: tables.map(analysisOf),
    analyzed: analyzed.map(({ table, milliseconds }) => ({ table_name: table, milliseconds })),
  };
}

function analysisOf({
  table,
  changes,
  threshold,
  analyzedAt,
  freshness,
  reason,
  chosen,
}: AnalyzePlan['tables'][number]) {
  return {
    table_name: table,
    changes,
    threshold,
    analyzed_at: analyzedAt,
    statistics: freshness,
    reason,
    analyze: chosen,
  };
}

export function plannedVacuumDocument(plan: VacuumPlan, diskFree: number | null, write: NextStepWriter) {
  return {
    ...plannedReclaimDocument({ ...plan, diskFree }, write),
    tables: plan.tables,
    does_it_itself: plan.backlog !== null,
    backlog: backlogOf(plan),
  };
}

export function vacuumDocument({ plan, result, report }: VacuumOutcome, write: NextStepWriter) {
  return {
    ...reclaimDocument({ result, report }, write),
    tables: plan.tables,
    does_it_itself: plan.backlog !== null,
    backlog: backlogOf(plan),
  };
}

function backlogOf({ backlog }: VacuumPlan) {
  if (backlog === null || !backlog.visible) return null;
  const { transactions, oldest } = backlog.seen;
  const reader = oldest.visible ? oldest.seen : null;
  return { transactions, oldest_reader: reader?.whose ?? null, open_seconds: reader?.seconds ?? null };
}

export function plannedOptimizeDocument(plan: OptimizePlan) {
  return { dry_run: true as const, ...planOf(plan) };
}

export function optimizeDocument({ plan, rebuilt }: OptimizeOutcome) {
  return {
    dry_run: false as const,
    ...planOf(plan),
    rebuilt: rebuilt.map(({ table, before, after, milliseconds }) => ({
      table_name: table,
      before_bytes: before,
      after_bytes: after,
      milliseconds,
    })),
  };
}

function planOf({ where, offer, tables, consents }: OptimizePlan) {
  return {
    where,
    method: offer.method,
    unit: offer.unit,
    blocks: offer.blocks,
    lock: offer.lock,
    cluster: offer.cluster,
    notes: offer.notes,
    tables: tables.map(rebuildOf),
    confirmations: confirmationsOf(consents),
  };
}

function rebuildOf(planned: OptimizePlan['tables'][number]) {
  const { table, bytes, gain, how, needs, last, reason, chosen, milliseconds, obstacle } = planned;
  return {
    table_name: table,
    bytes,
    at_least_back_bytes: gain,
    how_known: how,
    needs: needs.map(({ disk, bytes: needed, free }) => ({ disk, bytes: needed, free_bytes: free })),
    expected_milliseconds: milliseconds,
    last_rebuilt_at: last?.at ?? null,
    reason,
    obstacle,
    rebuild: chosen,
  };
}
