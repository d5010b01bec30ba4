/** Making the space of deleted rows usable again, without blocking anybody. */
import type { Sight, UndoBacklog } from '../engines/index.ts';
import {
  applyReclaim,
  compareSpace,
  planReclaim,
  type ReclaimPlan,
  type ReclaimResult,
  type SpaceReport,
} from '../maintenance/index.ts';
import { requireMigrated } from '../migrations/index.ts';
import { chosenTables } from './chosen-tables.ts';
import type { TaskContext } from './context.ts';

export interface VacuumRequest {
  /** All of ours where undefined. Where space is of a file, it is always all of it. */
  readonly tables?: readonly string[] | undefined;
  /** How long a purge or another reclaim is waited for. */
  readonly waitMs: number;
  readonly timeBudgetMs?: number | undefined;
}

export interface VacuumPlan extends ReclaimPlan {
  /** What the server itself still has to do before space is free; null where it leaves that to a VACUUM. */
  readonly backlog: Sight<UndoBacklog> | null;
}

export interface VacuumOutcome {
  readonly plan: VacuumPlan;
  readonly result: ReclaimResult;
  readonly report: SpaceReport;
}

/** @throws NOT_MIGRATED, UNKNOWN_TARGET */
export async function planVacuum(
  { engine }: TaskContext,
  names: readonly string[] | undefined,
): Promise<VacuumPlan> {
  await requireMigrated(engine);
  const plan = await planReclaim(engine, await chosenTables(engine, names));
  return { ...plan, backlog: await engine.undoBacklog() };
}

/** @throws NOT_MIGRATED, UNKNOWN_TARGET, LOCKED */
export async function runVacuum(
  context: TaskContext,
  { tables, waitMs, timeBudgetMs }: VacuumRequest,
): Promise<VacuumOutcome> {
  const { engine, program, fence, signal, onProgress } = context;
  const plan = await planVacuum(context, tables);
  const expected = plan.use.diskBytes ?? 0;
  const tell = (done: number) => onProgress?.({ activity: 'vacuuming', done, expected, unit: 'bytes' });
  const result = await applyReclaim(engine, plan, {
    ...{ program, fence, signal, waitMs, timeBudgetMs },
    onProgress: tell,
    onStatement: ({ share }) => {
      if (share !== null)
        onProgress?.({ activity: 'vacuuming', done: share * 100, expected: 100, unit: 'percent' });
    },
  });
  return { plan, result, report: await compareSpace(engine, result.before, result.before, result.after) };
}
