/** A purge with its place in the history of runs, and what follows from that history for the rows that it leaves. */
import { applyPurge, type PurgeOptions, type PurgePlan, type PurgeResult, rowsOf } from '../cleanup/index.ts';
import type { Engine } from '../engines/index.ts';
import { isMultiFlexiError } from '../errors.ts';
import type { Fence } from '../leases/index.ts';
import { keepHeapSmall } from '../system/index.ts';
import { type Forecast, forecast } from './history/forecast.ts';
import { type BegunRun, beginRun, endRun, forgetRun, pastRuns, type RunKind } from './history/run-history.ts';

const STOPPED_PATIENCE_MS = 3_000;

export interface RecordedPurge {
  readonly result: PurgeResult;
  readonly backlog: Forecast;
}

export type RecordedPurgeOptions = PurgeOptions & Pick<BegunRun, 'partOfDuty'>;

/** Carries a plan out as {@link applyPurge} does. @throws LOCKED */
export async function recordedPurge(
  engine: Engine,
  plan: PurgePlan,
  kind: RunKind,
  { partOfDuty, ...options }: RecordedPurgeOptions,
): Promise<RecordedPurge> {
  keepHeapSmall();
  const expected = rowsOf(plan.tables);
  const { signal, timeBudgetMs, fence } = options;
  const begun = { signal, fence, patienceMs: timeBudgetMs, partOfDuty };
  const run = await beginRun(engine, kind, expected, begun);
  let deleted = 0;
  const onProgress: PurgeOptions['onProgress'] = (progress) => {
    deleted = progress.deleted;
    options.onProgress?.(progress);
  };
  try {
    const result = await applyPurge(engine, plan, { ...options, onProgress });
    await endAsPurged(engine, run, result, fence);
    return { result, backlog: forecast(await pastRuns(engine, kind)) };
  } catch (error) {
    // Of a lease that is lost its own row is told all the same: nobody else's is touched by that.
    const held = isMultiFlexiError(error, 'LEASE_LOST') ? undefined : fence;
    await endAs(error, engine, run, { deleted, fence: held });
    throw error;
  }
}

/** A history that cannot be written just now does not undo the purge: the run counts as interrupted, and the next one is told. */
async function endAsPurged(
  engine: Engine,
  run: bigint,
  result: PurgeResult,
  fence: Fence | undefined,
): Promise<void> {
  // Whoever has stopped it waits for its end.
  const wait = { fence, ...(result.stopped === null ? {} : { patienceMs: STOPPED_PATIENCE_MS }) };
  await endRun(engine, run, result.stopped ?? 'done', rowsOf(result.tables), wait).catch((error: unknown) => {
    if (!isMultiFlexiError(error, 'LOCK_TIMEOUT')) throw error;
  });
}

/** What the history says of the failure must not hide the failure: a lost connection takes both. */
async function endAs(
  error: unknown,
  engine: Engine,
  run: bigint,
  { deleted, fence }: { readonly deleted: number; readonly fence: Fence | undefined },
): Promise<void> {
  const neverBegan =
    isMultiFlexiError(error, 'LOCKED') || (isMultiFlexiError(error, 'INTERRUPTED') && deleted === 0);
  const wait = { fence, patienceMs: STOPPED_PATIENCE_MS };
  await (neverBegan ? forgetRun(engine, run, wait) : endRun(engine, run, 'failed', deleted, wait)).catch(
    () => {},
  );
}
