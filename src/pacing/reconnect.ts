/** Going on after a connection was lost: with rests, and from what is left. */
import { setTimeout as sleep } from 'node:timers/promises';
import { isMultiFlexiError, type MultiFlexiError } from '../errors.ts';

const FIRST_REST_MS = 500;
const LONGEST_REST_MS = 15_000;
/** How long it is tried without getting anywhere. */
const PATIENCE_MS = 300_000;

export interface Persistence {
  /** Each of them ends a rest; it is for {@link goesOn} to say what comes then. */
  readonly signals: readonly AbortSignal[];
  /** When something was last done, on the clock of `performance.now()`. */
  readonly lastDone: () => number;
  /** Whether it is worth going on at all. */
  readonly goesOn: () => boolean;
  readonly onLost?: ((error: MultiFlexiError, restMs: number) => void) | undefined;
}

/** @param attempt told whether it is the first @throws what the last attempt threw */
export async function persistently<T>(
  attempt: (first: boolean) => Promise<T>,
  { signals, lastDone, goesOn, onLost }: Persistence,
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
      await sleep(rest, undefined, { signal: AbortSignal.any([...signals]) }).catch(() => {});
      // A person's reason is told; that the time is over is none.
      for (const { reason } of signals) if (isMultiFlexiError(reason)) throw reason;
      if (!goesOn()) throw error;
      rest = Math.min(rest * 2, LONGEST_REST_MS);
    }
  }
}
