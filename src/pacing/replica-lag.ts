/** Replicas that cannot follow: what is deleted they must delete as well, and their readers wait for it. */
import type { ReplicaWatch } from '../engines/index.ts';
import type { PressureSource } from './throttle.ts';

export function replicaLag(watch: ReplicaWatch, maxLagMs: number): PressureSource {
  return {
    largestTransaction: watch.largestTransaction,
    ask: async () => {
      const { seconds, whose, why } = await watch.lag();
      if (seconds !== null && seconds * 1000 <= maxLagMs) return undefined;
      return { reason: 'replica', whose, seconds, why };
    },
  };
}
