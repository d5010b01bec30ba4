/** A file has no replicas; what copies its WAL to elsewhere (Litestream, say) reports to nobody. */
import { MultiFlexiError } from '../../errors.ts';
import type { ReplicaWatch } from '../replication.ts';

export async function watchReplicas(): Promise<ReplicaWatch> {
  throw new MultiFlexiError('USAGE', 'SQLite has no replicas: there is no lag to wait for.', {
    next: 'Leave --max-lag out; nothing was deleted.',
  });
}
