/** The front door of leases: who may work alone, anywhere, and a fence around what they write. */
export { acquireLease } from './acquire.ts';
export { type ExclusiveLock, type ExclusiveRequest, exclusiveLock } from './exclusive.ts';
export { bothFences, type Fence } from './fence.ts';
export { type Fenced, fencedTransaction } from './fenced.ts';
export type { Lease, LeaseRequest, LeaseState } from './lease.ts';
export { readLease } from './rows.ts';
export { LEASES, provideLeases } from './table.ts';
