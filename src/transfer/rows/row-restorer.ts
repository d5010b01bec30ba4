/** Restores rows of one table in transactions of a few hundred, and counts what came of it. */
import { isMultiFlexiError, type MultiFlexiError } from '../../errors.ts';
import type { Fence } from '../../leases/index.ts';
import { patiently } from '../../pacing/index.ts';
import type { Row } from '../row-stream/values.ts';
import type { Conflict, RestoreTarget } from './restore-target.ts';

/** Rows of one transaction; few enough for the parameters of a statement on every engine, whatever their columns. */
const ROWS_AT_ONCE = 200;
/** Keys of conflicts that are named; the others are counted. */
const CONFLICTS_NAMED = 10;

export interface RestoredRows {
  readonly restored: number;
  /** Existed already, as they were saved. */
  readonly present: number;
  /**
   * Were left out: something else has their key or another unique value, what they refer to is missing or has become
   * another row, or (for a column) their row was deleted or has a value of its own.
   */
  readonly conflicts: number;
  /** Keys of the first of them, as `id 12`. */
  readonly conflictKeys: readonly string[];
  /** Why each of these was left out, in the same order. */
  readonly conflictReasons: readonly string[];
}

export interface RestoringOptions {
  /** Ends the work after the current rows; the same call continues. */
  readonly signal?: AbortSignal | undefined;
  /** Held by each transaction that writes. */
  readonly fence?: Fence | undefined;
  /** How many rows came of the latest transaction. */
  readonly onRows?: ((rows: number) => void) | undefined;
}

export class RowRestorer {
  private readonly target: RestoreTarget;
  restored = 0;
  conflicts = 0;
  private present = 0;
  private named: Conflict[] = [];

  constructor(target: RestoreTarget) {
    this.target = target;
  }

  async restore(rows: readonly Row[], options: RestoringOptions = {}): Promise<void> {
    for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
      options.signal?.throwIfAborted();
      const some = rows.slice(start, start + ROWS_AT_ONCE);
      await this.together(some, options);
      options.onRows?.(some.length);
    }
  }

  /** Rows that the database refuses together are tried one by one, so that one of them does not keep the others out. */
  private async together(rows: readonly Row[], options: RestoringOptions): Promise<void> {
    try {
      const { signal, fence } = options;
      const done = await patiently(() => this.target.restore(rows, fence), {
        signals: [signal, fence?.signal],
      });
      this.restored += done.restored;
      this.present += done.present;
      this.note(done.conflicts);
    } catch (error) {
      if (!isMultiFlexiError(error, 'CONSTRAINT')) throw error;
      const [only, ...others] = rows;
      if (only && others.length === 0)
        this.note([{ key: this.target.leaveOut(only), reason: reasonOf(error) }]);
      else for (const row of rows) await this.together([row], options);
    }
  }

  /** What another pass over the same rows has found. */
  takeOver(later: RowRestorer | undefined): void {
    if (!later) return;
    this.restored += later.restored;
    this.conflicts = later.conflicts;
    this.named = later.named;
  }

  report(): RestoredRows {
    const { restored, present, conflicts, named } = this;
    return {
      restored,
      present,
      conflicts,
      conflictKeys: named.map(({ key }) => key),
      conflictReasons: named.map(({ reason }) => reason),
    };
  }

  private note(conflicts: readonly Conflict[]): void {
    this.conflicts += conflicts.length;
    this.named.push(...conflicts.slice(0, CONFLICTS_NAMED - this.named.length));
  }
}

/** What the database said of it. */
function reasonOf({ message }: MultiFlexiError): string {
  return message.replace(/\.$/, '');
}
