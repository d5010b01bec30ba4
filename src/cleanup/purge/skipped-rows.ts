/** Rows that a purge leaves where they are, though its plan has them: each with its reason. */
import type { PurgedTable } from '../selection/dependents.ts';

export interface SkippedRow {
  readonly table: PurgedTable;
  readonly id: bigint;
  /** As the end of a sentence that begins with the row. */
  readonly reason: string;
}

export interface Skipped {
  /** How many. */
  readonly rows: number;
  /** The first of them. */
  readonly named: readonly SkippedRow[];
}

/** The others are counted. */
const NAMED = 100;

export class SkippedRows {
  private readonly named: SkippedRow[] = [];
  private readonly known = new Set<string>();

  /** A row that is met again, as after a lost connection, counts once. */
  note(row: SkippedRow): void {
    const key = `${row.table} ${row.id}`;
    if (this.known.has(key)) return;
    this.known.add(key);
    if (this.named.length < NAMED) this.named.push(row);
  }

  get report(): Skipped {
    return { rows: this.known.size, named: this.named };
  }
}
