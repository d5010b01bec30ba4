/** What a purge has come to so far. */
import type { PurgedTable } from '../selection/dependents.ts';
import type { Outcome } from './chunk-transaction.ts';

export class Tally {
  /** Rows deleted, by table. */
  readonly deleted = new Map<PurgedTable, number>();
  /** Rows of tables that are not ours, by table. */
  readonly dependents = new Map<string, number>();
  chunks = 0;
  /** How often the connection was lost and tried again, while waiting for the lock as well. */
  reconnections = 0;
  /** In milliseconds. */
  longestChunk = 0;
  /** When something was last done, on the clock of `performance.now()`. */
  lastDone = performance.now();

  note({ deleted, dependents, held }: Outcome): void {
    add(this.deleted, deleted);
    add(this.dependents, dependents);
    this.lastDone = performance.now();
    this.longestChunk = Math.max(this.longestChunk, held);
    if (held > 0) this.chunks++;
  }

  get rows(): number {
    return [...this.deleted.values()].reduce((sum, rows) => sum + rows, 0);
  }
}

function add<Key>(to: Map<Key, number>, more: ReadonlyMap<Key, number>): void {
  for (const [key, count] of more) to.set(key, (to.get(key) ?? 0) + count);
}
