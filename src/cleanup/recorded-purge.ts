/** A purge with its place in the history of runs, and what follows from that history for the rows that it leaves. */
import type { Engine } from '../engines/index.ts';
import { isMultiFlexiError } from '../errors.ts';
import { deleteHistory } from './delete-history.ts';
import { type Forecast, forecast } from './forecast.ts';
import type { PurgePlan } from './plan.ts';
import { applyPurge, type PurgeOptions, type PurgeResult } from './purge.ts';
import { beginRun, endRun, forgetRun, pastRuns, type RunKind } from './run-history.ts';

export interface RecordedPurge {
  readonly result: PurgeResult;
  readonly backlog: Forecast;
}

/** Carries a plan out as {@link applyPurge} does, old runs of the history included. @throws LOCKED */
export async function recordedPurge(
  engine: Engine,
  plan: PurgePlan,
  kind: RunKind,
  options: PurgeOptions,
): Promise<RecordedPurge> {
  const expected = plan.tables.reduce((sum, table) => sum + table.rows, 0);
  const run = await beginRun(engine, kind, expected);
  let deleted = 0;
  const onProgress: PurgeOptions['onProgress'] = (progress) => {
    deleted = progress.deleted;
    options.onProgress?.(progress);
  };
  try {
    const purged = await applyPurge(engine, plan, { ...options, onProgress });
    const result = await withHistory(engine, plan, purged, { ...options, onProgress });
    await endRun(engine, run, result.stopped ?? 'done', rowsOf(result));
    return { result, backlog: forecast(await pastRuns(engine, kind)) };
  } catch (error) {
    await endAs(error, engine, run, deleted);
    throw error;
  }
}

/** Also when the time is over: they are few, and would else stay for as long as there is a backlog. */
async function withHistory(
  engine: Engine,
  { historyBefore, tables }: PurgePlan,
  result: PurgeResult,
  { signal, onProgress }: PurgeOptions,
): Promise<PurgeResult> {
  if (historyBefore === null) return result;
  const expected = tables.reduce((sum, table) => sum + table.rows, 0);
  let deleted = rowsOf(result);
  const rows = await deleteHistory(engine, historyBefore, {
    signal,
    onDeleted: (count) => {
      deleted += count;
      onProgress?.({ deleted, expected });
    },
  });
  return {
    ...result,
    tables: [...result.tables, { table: 'housekeeping_run', rows }],
    stopped: signal?.aborted ? 'interrupted' : result.stopped,
  };
}

/** What the history says of the failure must not hide the failure: a lost connection takes both. */
async function endAs(error: unknown, engine: Engine, run: bigint, deleted: number): Promise<void> {
  const neverBegan =
    isMultiFlexiError(error, 'LOCKED') || (isMultiFlexiError(error, 'INTERRUPTED') && deleted === 0);
  await (neverBegan ? forgetRun(engine, run) : endRun(engine, run, 'failed', deleted)).catch(() => {});
}

function rowsOf({ tables }: PurgeResult): number {
  return tables.reduce((sum, { rows }) => sum + rows, 0);
}
