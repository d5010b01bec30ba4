/** Puts rows of one table back in transactions of a few hundred, and counts what came of it. */
import { patiently } from '../engines/index.ts';
import { isMultiFlexiError } from '../errors.ts';
import type { PutBack } from './put-back.ts';
import type { Row } from './row-stream/values.ts';

/** Rows of one transaction; few enough for the parameters of a statement on every engine, whatever their columns. */
const ROWS_AT_ONCE = 200;
/** Keys of conflicts that are named; the others are counted. */
const CONFLICTS_NAMED = 10;

export interface RestoredRows {
  readonly restored: number;
  /** Were there already, as they were saved. */
  readonly present: number;
  /**
   * Were left out: something else has their key or another unique value, what they refer to is not there or is
   * another row now, or (for a column) their row is gone or has a value of its own.
   */
  readonly conflicts: number;
  /** Keys of the first of them, as `id 12`. */
  readonly conflictKeys: readonly string[];
}

export interface RestoringOptions {
  /** Ends the work after the rows at hand; the same call goes on. */
  readonly signal?: AbortSignal | undefined;
  /** How many rows came of the latest transaction. */
  readonly onRows?: ((rows: number) => void) | undefined;
}

export class RowRestorer {
  private readonly putBack: PutBack;
  restored = 0;
  conflicts = 0;
  private present = 0;
  private conflictKeys: string[] = [];

  constructor(putBack: PutBack) {
    this.putBack = putBack;
  }

  async restore(rows: readonly Row[], { signal, onRows }: RestoringOptions = {}): Promise<void> {
    for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
      signal?.throwIfAborted();
      const some = rows.slice(start, start + ROWS_AT_ONCE);
      await this.together(some, signal);
      onRows?.(some.length);
    }
  }

  /** Rows that the database refuses together are tried one by one, so that one of them does not keep the others out. */
  private async together(rows: readonly Row[], signal: AbortSignal | undefined): Promise<void> {
    try {
      const done = await patiently(() => this.putBack.rows(rows), { signals: [signal], onWait: () => {} });
      this.restored += done.restored;
      this.present += done.present;
      this.note(done.conflicts);
    } catch (error) {
      if (!isMultiFlexiError(error, 'CONSTRAINT')) throw error;
      const [only, ...others] = rows;
      if (only && others.length === 0) this.note([this.putBack.leaveOut(only)]);
      else for (const row of rows) await this.together([row], signal);
    }
  }

  /** What another pass over the same rows has found. */
  takeOver(later: RowRestorer | undefined): void {
    if (!later) return;
    this.restored += later.restored;
    this.conflicts = later.conflicts;
    this.conflictKeys = later.conflictKeys;
  }

  report(): RestoredRows {
    const { restored, present, conflicts, conflictKeys } = this;
    return { restored, present, conflicts, conflictKeys };
  }

  private note(conflicts: readonly string[]): void {
    this.conflicts += conflicts.length;
    this.conflictKeys.push(...conflicts.slice(0, CONFLICTS_NAMED - this.conflictKeys.length));
  }
}
