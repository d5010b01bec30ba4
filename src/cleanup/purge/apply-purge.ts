/**
 * Carries a plan out under the lock of purges. Killed at any time it leaves complete jobs; the next run continues with what
 * is left, and so does this one after a lost connection.
 */
import type { Engine } from '../../engines/index.ts';
import { bothFences, exclusiveLock } from '../../leases/index.ts';
import { persistently } from '../../pacing/index.ts';
import { PURGE_LOCK } from '../../schema/index.ts';
import type { PurgePlan } from '../plan/plan.ts';
import type { PurgeOptions, PurgeResult } from './contract.ts';
import { noArchiveDirectory } from './failures.ts';
import { type Alone, Purge } from './purge.ts';

/** While a dead session of ours still has the lock, as its server has not noticed. */
const OWN_LOCK_WAIT_MS = 120_000;

/**
 * Deletes what the plan says, and nothing that is unfinished or held by then.
 * @throws LOCKED; FILE_FAILED, CANNOT_BE_SAVED where it cannot be archived: then it is kept
 */
export async function applyPurge(
  engine: Engine,
  plan: PurgePlan,
  options: PurgeOptions,
): Promise<PurgeResult> {
  const purge = new Purge(engine, requireTarget(plan, options.archive), options);
  const { signals } = purge.limits;
  const run = async (first: boolean) => {
    const alone = await beAlone(engine, options, first);
    try {
      return await purge.run(alone);
    } finally {
      await alone.release();
    }
  };
  return persistently(run, {
    signals: options.fence ? [...signals, options.fence.signal] : signals,
    lastDone: () => purge.tally.lastDone,
    goesOn: () => purge.stopped === null,
    onLost: (error, restMs) => {
      purge.tally.reconnections++;
      options.onLost?.(error, restMs);
    },
  });
}

/** @param first not again, after a lost connection @throws LOCKED */
async function beAlone(
  engine: Engine,
  { program, waitMs, signal, archive, fence: given }: PurgeOptions,
  first: boolean,
): Promise<Alone & { release(): Promise<void> }> {
  const lock = await exclusiveLock(engine, {
    name: PURGE_LOCK,
    program,
    waitMs: first ? waitMs : Math.max(waitMs, OWN_LOCK_WAIT_MS),
    signal,
  });
  try {
    // What is archived must not come back with the power.
    const longWork = await engine.longWork(archive !== undefined);
    const fence = bothFences(given, lock.fence);
    const lost = AbortSignal.any([lock.signal, ...(fence ? [fence.signal] : [])]);
    const release = () => longWork.end().finally(() => lock.release());
    return { lost, fence, longWork, release };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** @throws USAGE where rows are to be archived and no directory is specified */
function requireTarget(plan: PurgePlan, target: PurgeOptions['archive']): PurgePlan {
  const archives = [...plan.jobs, ...plan.logs].some(({ archive }) => archive);
  if (archives && !target) throw noArchiveDirectory();
  if (!target?.all) return plan;
  return {
    ...plan,
    jobs: plan.jobs.map((scope) => ({ ...scope, archive: true })),
    logs: plan.logs.map((scope) => ({ ...scope, archive: true })),
  };
}
