import { setTimeout as sleep } from 'node:timers/promises';

/** How often a lock that is taken is tried again, in milliseconds. */
const POLL_MS = 100;

/** Tries until something comes back or the time is over; always at least once. @throws the signal's reason */
export async function tryFor<T>(
  { waitMs, signal }: { readonly waitMs: number; readonly signal?: AbortSignal | undefined },
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
