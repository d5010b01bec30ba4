/** What is agreed between whoever applies a plan and the run that does it. */
import type { Kysely } from 'kysely';
import type { Lock } from '../engines/index.ts';
import type { Fence } from '../leases/index.ts';
import type { Destruction, Direction } from './migration.ts';

export interface MigrationProgress {
  /** `begun` before a step, `done` after its statement and before its record, `waiting` when a lock of others is in the way. */
  readonly event: 'begun' | 'done' | 'waiting';
  readonly direction: Direction;
  readonly version: string;
  readonly name: string;
  /** From 1; 0 before the first, while the ledger is prepared. */
  readonly step: number;
  readonly steps: number;
  readonly summary: string;
}

export interface AppliedMigration {
  readonly version: string;
  readonly name: string;
  readonly milliseconds: number;
}

/**
 * Asked before a step that destroys something, on the session that will carry it out and while nobody else can
 * write the table; refuses by throwing.
 */
export type DestructionCheck = (db: Kysely<unknown>, destroyed: Destruction) => Promise<void>;

export interface ApplyOptions {
  readonly lock: Lock & { readonly fence?: Fence | undefined };
  /** Ends the run after the migration at hand, or while it waits for a lock of others. */
  readonly signal?: AbortSignal | undefined;
  /** Record the migrations without running a statement. */
  readonly fake?: boolean | undefined;
  /** How long to retry while others hold locks that are needed, in milliseconds; 5 minutes. */
  readonly patienceMs?: number | undefined;
  readonly checkDestruction?: DestructionCheck | undefined;
  readonly onProgress?: ((progress: MigrationProgress) => void) | undefined;
}
