/** A lease: who may work alone, for how long, by the clock of the database. */
import type { Fence } from './fence.ts';

export interface Lease extends Fence {
  readonly name: string;
  /** Grows by one with each holder: a later holder has a larger one. */
  readonly term: bigint;
  /** Lets others have it at once. */
  release(): Promise<void>;
}

export interface LeaseRequest {
  /** What it is for, as in `housekeeper`; one word. */
  readonly name: string;
  /** Who asks, as it is told to others while they wait. */
  readonly program: string;
  readonly waitMs: number;
  /** How long it outlives a holder that has died. */
  readonly timeToLiveMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** What everybody may know of a lease. */
export interface LeaseState {
  readonly name: string;
  readonly term: bigint;
  readonly program: string;
  readonly host: string;
  readonly pid: number;
  /** ISO 8601, UTC, by the database's clock. */
  readonly since: string;
  readonly renewedAt: string;
  /** Whether it is held now: neither released nor over. */
  readonly held: boolean;
  /** Its holder has let go of it; one that was killed has not. */
  readonly released: boolean;
}
