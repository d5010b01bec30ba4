/** Going on after a connection was lost: with rests, and from what is left. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isMultiFlexiError, type MultiFlexiError } from '../errors.ts';

const FIRST_REST_MS = 500;
const LONGEST_REST_MS = 15_000;
/** How long it is tried without getting anywhere. */
const PATIENCE_MS = 300_000;

export interface Persistence {
  readonly signal?: AbortSignal | undefined;
  /** When something was last done, on the clock of `performance.now()`. */
  readonly lastDone: () => number;
  /** Whether it is worth going on at all. */
  readonly goesOn: () => boolean;
  readonly onLost?: ((error: MultiFlexiError, restMs: number) => void) | undefined;
}

/** @param attempt told whether it is the first @throws what the last attempt threw, or the signal's reason */
export async function persistently<T>(
  attempt: (first: boolean) => Promise<T>,
  { signal, lastDone, goesOn, onLost }: Persistence,
): Promise<T> {
  let seen = lastDone();
  for (let rest = FIRST_REST_MS, first = true; ; first = false) {
    try {
      return await attempt(first);
    } catch (error) {
      const lost =
        isMultiFlexiError(error, 'CONNECTION_LOST') || isMultiFlexiError(error, 'SERVER_UNREACHABLE');
      // A server that restarts refuses connections for a while.
      if (!lost || !goesOn() || performance.now() + rest - lastDone() > PATIENCE_MS) throw error;
      if (lastDone() > seen) rest = FIRST_REST_MS;
      seen = lastDone();
      onLost?.(error, rest);
      await sleep(rest, undefined, { signal }).catch(() => signal?.throwIfAborted());
      rest = Math.min(rest * 2, LONGEST_REST_MS);
    }
  }
}
