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
const PATIENCE_MS = 300_000;

export interface Patience {
  /** Each of them ends the waiting, with its own reason. */
  readonly signals: readonly (AbortSignal | undefined)[];
  readonly patienceMs?: number | undefined;
  /** Told before each rest. */
  readonly onWait?: (() => void) | undefined;
}

/** @throws what the last try threw, or the reason of a signal */
export async function patiently<T>(
  attempt: () => Promise<T>,
  { signals, patienceMs = PATIENCE_MS, onWait }: Patience,
): Promise<T> {
  const ended = AbortSignal.any(signals.filter((signal) => signal !== undefined));
  const deadline = performance.now() + patienceMs;
  for (let rest = FIRST_REST; ; rest = Math.min(rest * 2, LONGEST_REST)) {
    try {
      return await attempt();
    } catch (error) {
      const passing = isMultiFlexiError(error, 'LOCK_TIMEOUT') || isMultiFlexiError(error, 'DEADLOCK');
      if (!passing || performance.now() + rest > deadline) throw error;
      onWait?.();
      await sleep(rest, undefined, { signal: ended }).catch(() => ended.throwIfAborted());
    }
  }
}
