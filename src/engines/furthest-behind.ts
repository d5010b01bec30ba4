/** Of several replicas, the one that has to be waited for. */
import type { ReplicaLag } from './contract/replication.ts';

/** Whoever is not known to keep up is further behind than anybody of whom the seconds are known. */
export function furthestBehind(lags: readonly ReplicaLag[]): ReplicaLag | undefined {
  return lags.reduce<ReplicaLag | undefined>(
    (worst, lag) => (worst && rank(worst) >= rank(lag) ? worst : lag),
    undefined,
  );
}

function rank({ seconds }: ReplicaLag): number {
  return seconds ?? Number.POSITIVE_INFINITY;
}
