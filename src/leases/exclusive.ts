/** The lock of whoever must be alone: a session's lock, and where that does not reach everybody who can write, a lease as well. */
import type { Engine, Lock, LockRequest } from '../engines/index.ts';
import { acquireLease } from './acquire.ts';
import type { Fence } from './fence.ts';

export interface ExclusiveLock extends Lock {
  /** To be asked in each transaction that writes; undefined where the session's lock is enough. */
  readonly fence?: Fence | undefined;
}

export interface ExclusiveRequest extends LockRequest {
  /** How long a lease outlives a holder that has died, in milliseconds; a minute unless specified. */
  readonly timeToLiveMs?: number | undefined;
}

const TIME_TO_LIVE_MS = 60_000;

/** @throws LOCKED with the holder and since when; what {@link acquireLease} throws */
export async function exclusiveLock(engine: Engine, request: ExclusiveRequest): Promise<ExclusiveLock> {
  const deadline = performance.now() + request.waitMs;
  const lock = await engine.lock(request);
  try {
    if (await engine.locksReachAllWriters()) return lock;
    const lease = await acquireLease(engine, {
      ...request,
      waitMs: Math.max(0, deadline - performance.now()),
      timeToLiveMs: request.timeToLiveMs ?? TIME_TO_LIVE_MS,
    });
    return {
      fence: lease,
      signal: AbortSignal.any([lock.signal, lease.signal]),
      kysely: <Tables>() => lock.kysely<Tables>(),
      release: async () => {
        await lease.release();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}
