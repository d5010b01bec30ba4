/** What is said of leases. */
import { MultiFlexiError } from '../errors.ts';
import { step } from '../next-step.ts';
import type { LeaseState } from './lease.ts';

/** @param state undefined where it was released just now, or given to somebody else */
export function leaseHeld(
  {
    name,
    waitMs,
    timeToLiveMs,
  }: { readonly name: string; readonly waitMs: number; readonly timeToLiveMs: number },
  state: LeaseState | undefined,
): MultiFlexiError {
  const waited = waitMs > 0 ? ` after waiting ${waitMs / 1000} s` : '';
  const who = state ? inWords(state) : 'another process';
  const over =
    state && !state.held && !state.released
      ? ' It was not renewed in time, but a transaction of that process has not ended yet.'
      : '';
  return new MultiFlexiError(
    'LOCKED',
    `The lease "${name}" of this database is held${waited}: ${who}.${over}`,
    {
      next: step`Wait until that run has finished, or raise ${{ input: 'wait' }}. A lease whose holder was killed or is frozen ends by itself, usually after ${Math.ceil(timeToLiveMs / 1000)} s; on SQLite a frozen process has to be ended or woken up.`,
    },
  );
}

/** @param state who has it by now; null where its row is gone */
export function leaseTaken(name: string, state: LeaseState | null): MultiFlexiError {
  const by = state
    ? `was taken over by ${inWords(state)}, as it had not been renewed in time`
    : 'is gone: its row was deleted';
  return lost(name, by);
}

/** @param why the last attempt failed, without a full stop */
export function leaseNotRenewed(name: string, timeToLiveMs: number, why: string): MultiFlexiError {
  return lost(
    name,
    `could not be renewed for ${timeToLiveMs / 1000} s, so another process may hold it by now: ${why}`,
  );
}

export function leaseReleased(name: string): MultiFlexiError {
  return lost(name, 'was released before the work under it had ended');
}

function lost(name: string, what: string): MultiFlexiError {
  return new MultiFlexiError('LEASE_LOST', `The lease "${name}" of this database ${what}.`, {
    next: 'What was committed before is kept, and nothing was changed since. Find out why this process or its connection stood still (suspended, overloaded, an unreachable server), then run it again.',
  });
}

function inWords({ program, pid, host, since }: LeaseState): string {
  return `${program} (process ${pid}) on ${host}, since ${since}`;
}
