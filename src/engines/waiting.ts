import { setTimeout as sleep } from 'node:timers/promises';
import { isMultiFlexiError } from '../errors.ts';

/** How often a lock that is taken is tried again, in milliseconds. */
const POLL_MS = 100;

interface Wait {
  readonly waitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Tries until something comes back or the time is over; always at least once. @throws the signal's reason */
export async function tryFor<T>(
  { waitMs, signal }: Wait,
  attempt: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const result = await attempt();
    if (result !== undefined) return result;
    const left = deadline - performance.now();
    if (left <= 0) return undefined;
    signal?.throwIfAborted();
    await sleep(Math.min(POLL_MS, left), undefined, { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** Tries until no lock of others refuses it. @throws the last refusal (LOCK_TIMEOUT) when the time is over; the signal's reason */
export async function untilUnlocked(wait: Wait, attempt: () => Promise<unknown>): Promise<void> {
  let refusal: unknown;
  const done = await tryFor(wait, async () => {
    try {
      await attempt();
      return true;
    } catch (error) {
      if (!isMultiFlexiError(error, 'LOCK_TIMEOUT')) throw error;
      refusal = error;
      return undefined;
    }
  });
  if (!done) throw refusal;
}
