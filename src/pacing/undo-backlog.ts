/**
 * Old versions of rows that the server cannot throw away, as a long reader may still ask for them: what is deleted meanwhile
 * stays on the disk, and all who read go past it. It is waited for, up to a limit: a reader may stay for days.
 */
import type { Sight, UndoBacklog } from '../engines/index.ts';
import type { Pressure, PressureSource } from './throttle.ts';

export interface UndoLimits {
  /** Pressing is what is longer than this, in transactions. */
  readonly most: number;
  /** Pressing is as well what is so many transactions longer than it was at its shortest since the beginning. */
  readonly growth: number;
  /** How long is waited altogether, in milliseconds. */
  readonly waitMs: number;
}

/**
 * A server that keeps up has some thousands; the work itself adds a handful a second, as a chunk is one transaction of
 * very many rows. So 100,000 more have been written by others since somebody began to read; and at a million readers
 * are slow already, whoever began it.
 */
export const UNDO_LIMITS: UndoLimits = { most: 1_000_000, growth: 100_000, waitMs: 600_000 };

/** It takes minutes to change: no need to ask with every look at the throttle, in milliseconds. */
const ASK_MS = 2_000;

/**
 * @param look what cannot be seen, or throws, does not press
 * @param onGivenUp told when the wait is over though it still presses: it does not press again
 */
export function undoPressure(
  look: () => Promise<Sight<UndoBacklog> | null>,
  { most, growth, waitMs }: UndoLimits,
  onGivenUp: (waitedMs: number) => void,
  askMs = ASK_MS,
): PressureSource {
  let shortest = Number.POSITIVE_INFINITY;
  let asked = Number.NEGATIVE_INFINITY;
  let current: Pressure | undefined;
  let waited = 0;
  let waitsSince: number | undefined;
  const refresh = async (now: number) => {
    asked = now;
    const sight = await look().catch(() => null);
    current = undefined;
    if (!sight?.visible) return;
    const { transactions, oldest } = sight.seen;
    shortest = Math.min(shortest, transactions);
    if (transactions > most || transactions > shortest + growth) current = pressure(transactions, oldest);
  };
  return {
    largestTransaction: null,
    ask: async () => {
      if (waited >= waitMs) return undefined;
      const now = performance.now();
      if (waitsSince !== undefined) waited += now - waitsSince;
      if (now - asked >= askMs) await refresh(now);
      waitsSince = current ? now : undefined;
      if (!current || waited < waitMs) return current;
      onGivenUp(waited);
      return undefined;
    },
  };
}

function pressure(transactions: number, oldest: UndoBacklog['oldest']): Pressure {
  const [whose, seconds, why] = !oldest.visible
    ? ['somebody', null, `cannot be seen, ${oldest.why}`]
    : oldest.seen
      ? [oldest.seen.whose, oldest.seen.seconds, null]
      : ['the server', null, 'is behind with throwing them away'];
  return { reason: 'undo-backlog', whose, seconds, why, count: transactions };
}
