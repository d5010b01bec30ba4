/**
 * Trying again after another session held a lock for too long. DDL that waits makes everybody else queue up
 * behind it, so ours never wait long (two seconds, set on every session) and leave the others alone in between.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isMultiFlexiError } from '../errors.ts';

/** Rests between tries, in milliseconds: doubled each time. */
const FIRST_REST = 250;
const LONGEST_REST = 4_000;
/** How long it is tried altogether, in milliseconds. */
export const PATIENCE_MS = 300_000;

export async function patiently<T>(
  attempt: () => Promise<T>,
  options: {
    readonly signal: AbortSignal;
    readonly patienceMs?: number | undefined;
    readonly onWait: (error: Error) => void;
  },
): Promise<T> {
  const deadline = performance.now() + (options.patienceMs ?? PATIENCE_MS);
  for (let rest = FIRST_REST; ; rest = Math.min(rest * 2, LONGEST_REST)) {
    try {
      return await attempt();
    } catch (error) {
      const passing = isMultiFlexiError(error, 'LOCK_TIMEOUT') || isMultiFlexiError(error, 'DEADLOCK');
      if (!passing || performance.now() + rest > deadline) throw error;
      options.onWait(error);
      await sleep(rest, undefined, { signal: options.signal });
    }
  }
}
