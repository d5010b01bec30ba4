/** The role of an engine that moves rows: in by the thousand, out as they are, and found again by their ids. */
import type { Kysely, RawBuilder } from 'kysely';

export interface Rows {
  /**
   * Writes rows by the engine's fastest safe way, in transactions of bounded size; memory is bounded by bytes.
   * Rows already committed are kept when a later one fails. @returns the number of rows written.
   */
  bulkLoad(load: BulkLoad): Promise<number>;
  /**
   * Why a column of a logical type (`string(64)`, `datetime`, …) would not take a value as it is, or give it back as another
   * one, as the end of a sentence; null where it would do neither. What no value of that type may be on any engine is not
   * asked for here: lengths, ranges of numbers, dates that are in no calendar, JSON that is none.
   */
  cannotHold(type: string, value: BulkValue): string | null;
  /** What an INSERT says between its columns and its values, so that rows get the ids that they come with. */
  readonly keepingIds: RawBuilder<unknown>;
  /**
   * Ends an INSERT of VALUES whose rows may be there already, by their key: these get the values of the other columns then. Only for a
   * table without another unique key, as MySQL and MariaDB would take any. There is a column, at least.
   */
  overwriting(key: readonly string[], columns: readonly string[]): RawBuilder<unknown>;
  /**
   * Makes the next id of a table one that was never given, after rows with ids of their own were inserted.
   * @param past an id that is not to be given either, as it was elsewhere; takes the privilege ALTER on MySQL and MariaDB
   */
  catchUpIdentity(table: string, past?: bigint): Promise<void>;
  /** Whether a column of ids is among these, of which there may be thousands: the form that the engine reads fastest. */
  among(column: string, ids: readonly bigint[]): RawBuilder<boolean>;
  /**
   * The next different values of an indexed column, in order, as a query with the column `value`: found by jumping from one
   * to the next in the index, so that a value with a million rows takes no longer than one with a single row.
   */
  distinctValues(wanted: WantedValues): RawBuilder<unknown>;
  /**
   * The oldest of the newest rows of a table, by an instant and the id, which an index has in order; null where no row is
   * older than that. All of it is of one moment. It takes no longer than to read as many entries of the index as rows are
   * wanted, and next to nothing where the ids alone show that there are no more.
   * @param db no transaction
   */
  oldestOfNewest(db: Kysely<unknown>, wanted: NewestRows): Promise<Place | null>;
  /**
   * Rows whose `column` is a number from the first to the last, which is larger. Whoever locks them locks and waits for no
   * row behind the last one: somebody else may have it, and wait for ours.
   */
  between(column: string, first: bigint, last: bigint): RawBuilder<boolean>;
  /** A column as something that `octet_length` takes; `type` is its logical type in one word. */
  asText(column: string, type: string): RawBuilder<unknown>;
  /** A text's own bytes, on an engine where these may be no UTF-8; null where every text is what is read of it. */
  readonly bytesOfText: ((column: string) => RawBuilder<Buffer>) | null;
  /**
   * A row's values as a JSON array without spaces, in the form of JSON.stringify: bigint beyond 2^53 as text, bytes in
   * base64, all else as the contract has it. Null where the client is as fast at that.
   */
  readonly jsonArray: ((columns: readonly JsonColumn[]) => RawBuilder<string>) | null;
  /** The same for clients that want nothing of rows but their lines; null where the server writes none that are the same. */
  readonly rowLines: RowLines | null;
  /** Copies that show whether rows are still what they were; null where row locks keep them so. */
  readonly rowCopies: RowCopies | null;
  /** Values that neither a statement nor this process takes whole. */
  readonly largeValues: LargeValues;
  /** How long a statement with its values may be; null where there is no practical limit. */
  largestStatement(): Promise<StatementLimit | null>;
  /**
   * Rows whose foreign key leads nowhere; only an engine that lets foreign keys be switched off has such rows.
   * @returns null where there are none
   */
  brokenReferences(db: Kysely<unknown>): Promise<BrokenReferences | null>;
}

/** Of a column of ids: those from `from` on, so many at most. */
export interface WantedValues {
  readonly table: string;
  readonly column: string;
  readonly from: bigint;
  readonly most: number;
}

/** So many rows, at least one, of a table whose key is `id`, by a column that is an instant. */
export interface NewestRows {
  readonly table: string;
  readonly at: string;
  readonly n: number;
}

/** The place of a row in the order of an instant and the id. */
export interface Place {
  readonly at: string;
  readonly id: bigint;
}

export interface BulkLoad {
  readonly table: string;
  readonly columns: readonly string[];
  /** One after the other, or some at a time where they have to be waited for: to wait for each of millions takes as long as to write it. */
  readonly rows: Iterable<readonly BulkValue[]> | AsyncIterable<readonly (readonly BulkValue[])[]>;
  /** Called when rows are committed, with how many there are by then. */
  readonly onProgress?: ((rows: number) => void) | undefined;
  /** Comes first in each transaction, on its session; there is none without rows. */
  readonly inTransaction?: ((db: Kysely<unknown>) => Promise<void>) | undefined;
  /** All rows in one transaction, whatever they take; then memory is still bounded, but not for how long others wait. */
  readonly whole?: boolean | undefined;
}

export type BulkValue = string | number | bigint | boolean | Buffer | null;

export interface JsonColumn {
  readonly name: string;
  /** Its logical type in one word. */
  readonly type: string;
}

export interface RowLines {
  /** What a line has of bytes: their base64, as in {@link Rows.jsonArray}, or hexadecimal digits. */
  readonly bytes: 'base64' | 'hex';
  /** Else as {@link Rows.jsonArray}; null for a row with a value that is not of its column's type. */
  line(columns: readonly JsonColumn[]): RawBuilder<string | null>;
  /** An aggregate: all lines but those that are null, with a line break in between, as text or as the bytes of its UTF-8; null without any. */
  joined(line: RawBuilder<unknown>): RawBuilder<string | Buffer | null>;
  /**
   * Whether each value is one that its column takes on every engine, beyond what {@link line} asks: no text is too long, no number
   * too large, each instant one of the calendar. False where that is in doubt, and never null.
   */
  isProper(columns: readonly JsonColumn[]): RawBuilder<boolean>;
  /**
   * An aggregate: of each line that is not null the first 16 bytes of the SHA-256 of its UTF-8, one behind the other in the order that
   * {@link joined} has in the same statement; null without lines. Null where the engine has no SHA-256 of its own.
   */
  readonly digests: ((line: RawBuilder<unknown>) => RawBuilder<Buffer | null>) | null;
}

/** Rows of a table with the key `id`: those whose column is one of the ids. */
export interface CopiedRows {
  readonly table: string;
  readonly column: string;
  readonly ids: readonly bigint[];
}

export interface RowCopies {
  /**
   * Copies the rows in place of those before; keeps nobody waiting.
   * @param largestRow about how many bytes the largest of them has
   */
  take(rows: readonly CopiedRows[], largestRow: number): Promise<void>;
  /** The table in which the copies of a table's rows are, with the same columns and the same key. */
  copyOf(table: string): string;
  /** Whether these rows are just those that were copied, none more or less and none changed. @param db the transaction that asks */
  areCurrent(db: Kysely<unknown>, rows: readonly CopiedRows[]): Promise<boolean>;
}

export interface LargeValues {
  /** The most that the values of one row may take, in bytes, so that it is read, compared and put back in 200 MB. */
  readonly largestRow: number;
  /**
   * The bytes of one value, in pieces of about a megabyte; of a text those of its UTF-8, which may be divided within a
   * character. What is given out is of one moment, where the transaction locks the row or is of one moment itself.
   * @throws TypeError for a value that is not of its column's type
   */
  read(db: Kysely<unknown>, value: StoredValue): AsyncGenerator<Buffer>;
  /**
   * Hands values over in pieces, and lets one statement of the same transaction write them.
   * @param write gets an expression for each of them, in their order, and what the SELECT reads that has these expressions
   */
  gathered(
    db: Kysely<unknown>,
    values: readonly PiecedValue[],
    write: (expressions: readonly RawBuilder<unknown>[], from: RawBuilder<unknown>) => Promise<void>,
  ): Promise<void>;
}

export interface StoredValue {
  readonly table: string;
  readonly column: string;
  /** `text` or `binary`. */
  readonly type: string;
  /** Which row it is of. */
  readonly isRow: RawBuilder<unknown>;
  readonly bytes: number;
  /** Whether the row is locked by it, on an engine that has row locks. */
  readonly locks: boolean;
}

export interface PiecedValue {
  /** `text` or `binary`. */
  readonly type: string;
  /** Of about a megabyte at most; of a text they may end within a character. */
  readonly pieces: AsyncIterable<Buffer>;
}

export interface StatementLimit {
  readonly bytes: number;
  /** The statement with which an administrator lets the server take one of so many bytes. */
  raiseTo(bytes: number): string;
}

export interface BrokenReferences {
  /** The first few of them, in words. */
  readonly examples: readonly string[];
  /** The statement that lists them all. */
  readonly listedBy: string;
}
