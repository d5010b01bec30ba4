/** What the database and its tables take on the disk, as far as the engine tells. */

/**
 * How much sizes may cost: `full` reads as much as exact ones take; `cheap` takes a moment whatever the size of the
 * database, and is estimated where there is no such way to know.
 */
export type SizeDepth = 'full' | 'cheap';

export interface TableSize {
  readonly name: string;
  readonly rows: number;
  /** Whether `rows` was counted; otherwise it is an estimate. */
  readonly rowsExact: boolean;
  /** Bytes of the rows themselves, without what lies outside of them in `overflowBytes`. */
  readonly dataBytes: number;
  readonly indexBytes: number;
  /** Bytes of long values that are kept outside of their rows; null where the engine cannot tell them from `dataBytes`. */
  readonly overflowBytes: number | null;
  readonly totalBytes: number;
  /** Whether the bytes are the engine's own count; otherwise they are estimated from a sample of the rows. */
  readonly bytesExact: boolean;
  /** Bytes inside the table's own space that hold nothing now, as {@link DatabaseSize.freeIs} has it; null where unknown. */
  readonly freeBytes: number | null;
}

/** A table of which nothing could be told: somebody holds it or waits for it alone, or to know would read all of it. */
export interface UnmeasuredTable {
  readonly name: string;
  readonly why: 'busy' | 'costly';
}

export interface DatabaseSize {
  /** Biggest first. */
  readonly tables: readonly TableSize[];
  readonly unmeasured: readonly UnmeasuredTable[];
  /** All that the database takes, tables or not (SQLite: the file and its WAL). */
  readonly totalBytes: number;
  readonly freeBytes: number | null;
  /** What free bytes of tables are: InnoDB tells of whole extents alone, so that it is more; PostgreSQL's follow from statistics. */
  readonly freeIs: 'exact' | 'at least' | 'estimate';
  /** Files of this machine that are the database; none where a server has them. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** What figures leave open, in sentences. */
  readonly notes: readonly string[];
}
