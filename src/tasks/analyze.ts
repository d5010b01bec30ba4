/** Making the planner's statistics anew. */
import { type PlannedAnalysis, planAnalysis } from '../maintenance/index.ts';
import { requireMigrated } from '../migrations/index.ts';
import { patiently } from '../pacing/index.ts';
import { chosenTables } from './chosen-tables.ts';
import type { TaskContext } from './context.ts';
import { allAndNames } from './failures.ts';

export interface AnalyzeRequest {
  /** Whether they need it or not; undefined for those of ours that need it. */
  readonly tables?: readonly string[] | undefined;
  /** All of ours, whether they need it or not. */
  readonly all?: boolean | undefined;
}

export interface AnalyzePlan {
  readonly tables: readonly PlannedAnalysis[];
}

export interface AnalyzedTable {
  readonly table: string;
  readonly milliseconds: number;
}

export interface AnalyzeOutcome extends AnalyzePlan {
  readonly analyzed: readonly AnalyzedTable[];
}

/** @throws NOT_MIGRATED, UNKNOWN_TARGET, USAGE */
export async function planAnalyze(
  { engine, signal }: TaskContext,
  { tables, all }: AnalyzeRequest,
): Promise<AnalyzePlan> {
  if (tables !== undefined && all) throw allAndNames();
  await requireMigrated(engine);
  const which = tables !== undefined || all ? 'all' : 'stale';
  const now = Date.now();
  return { tables: await planAnalysis(engine, await chosenTables(engine, tables), { which, signal, now }) };
}

/**
 * Others read and write meanwhile. What was done before it fails or is interrupted is kept.
 * @throws NOT_MIGRATED, UNKNOWN_TARGET, USAGE, PERMISSION_DENIED, INTERRUPTED
 */
export async function runAnalyze(context: TaskContext, request: AnalyzeRequest): Promise<AnalyzeOutcome> {
  const { engine, signal, onProgress } = context;
  const plan = await planAnalyze(context, request);
  const chosen = plan.tables.filter((table) => table.chosen);
  const analyzed: AnalyzedTable[] = [];
  for (const { table } of chosen) {
    signal?.throwIfAborted();
    const started = performance.now();
    await patiently(() => engine.analyze(table, signal), { signals: [signal] });
    analyzed.push({ table, milliseconds: Math.round(performance.now() - started) });
    onProgress?.({
      activity: 'analyzing',
      done: analyzed.length,
      expected: chosen.length,
      unit: 'tables',
    });
  }
  return { ...plan, analyzed };
}
