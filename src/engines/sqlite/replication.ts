import type { ReplicaWatch } from '../contract/replication.ts';
import { noReplicas } from './failures.ts';

/** A file is followed by nobody. @throws USAGE */
export async function watchReplicas(): Promise<ReplicaWatch> {
  throw noReplicas();
}
