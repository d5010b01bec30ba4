/** One purge at a time, and none while rows are restored or pages are moved. */
import type { Engine, LockRequest } from '../../engines/index.ts';
import { bothFences, exclusiveLock, type Fence } from '../../leases/index.ts';
import { PURGE_LOCK } from '../../schema/index.ts';

/**
 * @param given held as well, where the caller has one
 * @param work given the fence that each of its transactions must ask
 * @throws LOCKED; the reason for which the lock was lost
 */
export async function whileNothingIsPurged<T>(
  engine: Engine,
  { fence: given, ...request }: Omit<LockRequest, 'name'> & { readonly fence?: Fence | undefined },
  work: (fence: Fence | undefined) => Promise<T>,
): Promise<T> {
  const lock = await exclusiveLock(engine, { ...request, name: PURGE_LOCK });
  try {
    const fence = bothFences(given, lock.fence);
    const result = await work(fence);
    lock.signal.throwIfAborted();
    fence?.signal.throwIfAborted();
    return result;
  } finally {
    await lock.release();
  }
}
