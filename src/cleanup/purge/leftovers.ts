/** Rows that could not be deleted when their turn came: tried again once everything else is done, then skipped. */
import { type DeferredRow, DeferredRows } from './deferred-rows.ts';
import { nothingCanBeDeleted } from './failures.ts';
import { type Skipped, SkippedRows } from './skipped-rows.ts';
import type { Chunk } from './walks.ts';

/** How long rows that others have locked are waited for once everything else is done, in milliseconds. */
const LOCKED_PATIENCE_MS = 60_000;
/** So many rows that were each tried alone and refused, with none deleted, are no longer a matter of single rows. */
const MOST_REFUSED = 5_000;

export class Leftovers {
  private readonly deferred = new DeferredRows();
  private readonly skippedRows = new SkippedRows();
  private refusedInARow = 0;
  /** Until when locked rows are waited for; undefined while others are still to be deleted. */
  private deadline: number | undefined;

  get skipped(): Skipped {
    return this.skippedRows.report;
  }

  get size(): number {
    return this.deferred.size;
  }

  /** From the beginning of the plan, as after a lost connection. */
  beginAnew(): void {
    this.deferred.take();
    this.refusedInARow = 0;
    this.deadline = undefined;
  }

  /** Some row was deleted. */
  noteDeleted(): void {
    this.refusedInARow = 0;
  }

  /** @param locked whether another session has them */
  defer({ table, archive }: Chunk, reasons: ReadonlyMap<bigint, string>, locked: boolean): void {
    for (const [id, reason] of reasons) this.deferred.add({ table, id, archive, reason, locked });
  }

  /**
   * A row that the database has refused by itself.
   * @throws ROWS_KEPT where nothing can be deleted any more: each of them has cost transactions of its own
   */
  deferRefused(chunk: Chunk, id: bigint, reason: string): void {
    this.defer(chunk, new Map([[id, reason]]), false);
    // Those that are tried again have been refused before.
    if (this.deadline !== undefined || ++this.refusedInARow <= MOST_REFUSED) return;
    throw nothingCanBeDeleted(chunk.table, MOST_REFUSED, reason);
  }

  /** The rows to try again now. */
  take(): readonly DeferredRow[] {
    this.deadline ??= performance.now() + LOCKED_PATIENCE_MS;
    return this.deferred.take();
  }

  /**
   * After so many were tried again: while fewer are left each time, and while locks are waited for, they are worth another
   * try; then they are skipped. @returns whether some of them were deleted
   */
  settle(tried: number): boolean {
    const left = this.deferred.take();
    const advanced = left.length < tried;
    const isWaitedFor = ({ locked }: DeferredRow) => locked && performance.now() < (this.deadline ?? 0);
    for (const row of left) {
      if (advanced || isWaitedFor(row)) this.deferred.add(row);
      else this.skippedRows.note({ table: row.table, id: row.id, reason: row.reason });
    }
    return advanced;
  }
}
