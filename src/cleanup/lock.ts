import type { Engine, LockRequest } from '../engines/index.ts';

/** One purge at a time, and none while rows are put back. */
export const PRUNE_LOCK = 'prune';

/** @throws LOCKED; the reason for which the lock was lost */
export async function whileNothingIsPruned<T>(
  engine: Engine,
  request: Omit<LockRequest, 'name'>,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await engine.lock({ ...request, name: PRUNE_LOCK });
  try {
    const result = await work();
    lock.signal.throwIfAborted();
    return result;
  } finally {
    await lock.release();
  }
}
