/**
 * Whether a row can be put back: its line is read by the code that will read it one day, and its values are held against
 * what their columns take. Asked before the row is deleted.
 */
import type { Engine } from '../../engines/index.ts';
import { isMultiFlexiError, type MultiFlexiError } from '../../errors.ts';
import { parsedJson } from '../../system/index.ts';
import { jsonTooLarge, rowNotRestorable, rowTooLarge } from '../failures.ts';
import type { RowStreamColumn, RowStreamTable } from '../row-stream/format.ts';
import { LargeValue } from '../row-stream/large-value.ts';
import { inPieces, pieceText } from '../row-stream/pieces.ts';
import { isLarge, type Row, RowCodec, rowWords } from '../row-stream/values.ts';

/**
 * The most that the JSON of one row may take, in bytes: its canonical form, of which its digest is, takes all of it, and is
 * in memory several times.
 */
export const LARGEST_JSON = 8 * 1024 * 1024;

/** How much of a large value is written and read for a trial. */
const BEGINNING = 1_000;

/** @returns what is wrong with the value, as part of a sentence; undefined when it comes back as it is */
export type ValueCheck = (value: unknown) => string | undefined;

export class Restorable {
  private readonly table: RowStreamTable;
  private readonly codec: RowCodec;
  private readonly checks: readonly {
    readonly place: number;
    readonly name: string;
    readonly check: ValueCheck;
  }[];

  constructor({ capabilities }: Engine, table: RowStreamTable) {
    this.table = table;
    this.codec = new RowCodec(table.columns);
    this.checks = table.columns.flatMap((column, place) => {
      const check = checkOf(column, capabilities.extremeInstants);
      return check ? [{ place, name: column.name, check }] : [];
    });
  }

  /** The row as a line. @throws CANNOT_BE_SAVED */
  encode(row: Row): string {
    try {
      return this.codec.encode(row);
    } catch (error) {
      throw this.refused(row, reasonOf(error));
    }
  }

  /** Each value as the line has it. @throws CANNOT_BE_SAVED */
  values(row: Row): string[] {
    try {
      return this.codec.values(row);
    } catch (error) {
      throw this.refused(row, reasonOf(error));
    }
  }

  /**
   * The same for a row with a large value, which is not written and read once more for that: bytes come back from base64,
   * and a text from JSON, whatever they are.
   */
  checkLarge(row: Row): void {
    const shortened = row.map((value, place) => {
      if (Buffer.isBuffer(value)) return value.subarray(0, BEGINNING);
      const isLong = typeof value === 'string' && value.length > BEGINNING;
      if (!isLong) return value;
      return this.table.columns[place]?.type === 'json' ? '{}' : value.slice(0, BEGINNING);
    });
    this.decode(this.encode(shortened));
    this.check(row);
  }

  /** The row that a reader will make of the line. @throws CANNOT_BE_SAVED */
  decode(line: string): Row {
    let row: Row;
    try {
      row = this.codec.decode(line);
    } catch (error) {
      throw this.refused(valuesIn(line), reasonOf(error));
    }
    this.check(row);
    return row;
  }

  /** What {@link decode} makes of the row's line, which is parsed only where the values do not tell. @throws CANNOT_BE_SAVED */
  asRead(row: Row, line: string): Row {
    if (!this.codec.isAsDecoded(row)) return this.decode(line);
    this.check(row);
    return row;
  }

  /**
   * Does what reads large values of the row, and is refused with what is wrong with them.
   * @param read returns the row as it was read @throws CANNOT_BE_SAVED
   */
  async reading(row: Row, read: () => Promise<Row>): Promise<Row> {
    try {
      const written = await read();
      this.check(written);
      return written;
    } catch (error) {
      if (isMultiFlexiError(error)) throw error;
      throw this.refused(row, reasonOf(error));
    }
  }

  /** What is wrong with the row, as part of a sentence; of large values only that they have the type of their column. */
  fault(row: Row): string | undefined {
    try {
      if (!this.codec.isAsDecoded(row) && !isLarge(row) && !isPieced(row)) this.codec.encode(row);
    } catch (error) {
      return reasonOf(error);
    }
    return this.faultOfValues(row);
  }

  private check(row: Row): void {
    const fault = this.faultOfValues(row);
    if (fault) throw this.refused(row, fault);
  }

  private faultOfValues(row: Row): string | undefined {
    for (const { place, name, check } of this.checks) {
      const value = row[place];
      const fault =
        value === null || value === undefined || value instanceof LargeValue ? undefined : check(value);
      if (fault) return `${name} ${fault}`;
    }
    return undefined;
  }

  private refused(row: Row, reason: string): MultiFlexiError {
    return cannotBeSaved(this.table, row, reason);
  }
}

/** Reads the row as saving it would, and writes nothing. @throws CANNOT_BE_SAVED */
export async function rehearseRow(
  { bytesOfText }: Engine,
  table: RowStreamTable,
  restorable: Restorable,
  row: Row,
): Promise<void> {
  if (!isPieced(row)) restorable.decode(restorable.encode(row));
  else
    await restorable.reading(row, async () => {
      // Elsewhere every text is UTF-8, and a value is of its column's type.
      if (bytesOfText) await rehearsePieces(table, row);
      return row;
    });
}

async function rehearsePieces(table: RowStreamTable, row: Row): Promise<void> {
  for (const [place, value] of row.entries()) {
    if (!(value instanceof LargeValue)) continue;
    for await (const piece of inPieces(value.pieces(), table.columns[place]?.type !== 'binary'))
      pieceText(table, place, 0, piece);
  }
}

/** Whether a row has values that only version 2 of the format takes. */
export function isPieced(row: Row): boolean {
  for (const value of row) if (value instanceof LargeValue) return true;
  return false;
}

/** What the values of a row take that can be large, in bytes. */
export interface RowSize {
  readonly all: number;
  readonly json: number;
}

/** @param most of all of them @throws CANNOT_BE_SAVED for a row that is too large; asked before it is read */
export function requireSize(table: string, key: string, { all, json }: RowSize, most: number): void {
  if (all > most) throw rowTooLarge(`${table} with ${key}`, all, most);
  if (json > LARGEST_JSON) throw jsonTooLarge(`${table} with ${key}`, json, LARGEST_JSON);
}

/** @param row in the order of the table's columns */
export function cannotBeSaved(table: RowStreamTable, row: Row, reason: string): MultiFlexiError {
  return rowNotRestorable(rowWords(table, row), reason);
}

/** What no value of this type may be on any engine; undefined where there is nothing to check. */
export function checkOf({ type }: RowStreamColumn, extremeInstants: boolean): ValueCheck | undefined {
  const [, length] = /^string\((\d+)\)$/.exec(type) ?? [];
  if (length !== undefined) return (value) => tooLong(String(value), Number(length));
  switch (type) {
    case 'datetime':
      return (value) =>
        isInstant(String(value)) || (extremeInstants && EXTREME.test(String(value)))
          ? undefined
          : `is no date of the calendar (${String(value).slice(0, 40)})`;
    case 'integer':
      return (value) => (Number(value) === (Number(value) | 0) ? undefined : 'is no 32-bit integer');
    case 'json':
      return (value) => (isJson(String(value)) ? undefined : 'is not valid JSON');
    default:
      return undefined;
  }
}

function tooLong(text: string, most: number): string | undefined {
  // Characters outside of Unicode's first plane are two units here.
  return text.length > most && [...text].length > most ? `is longer than ${most} characters` : undefined;
}

const TIME = /^.{10} (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{6}$/;
const DAY = /^(\d{4})-(\d\d)-(\d\d)$/;
/** What PostgreSQL has beyond that. */
const EXTREME = /^(-?infinity|\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00( BC)?)$/;

/** Rows that are read together are of few days. */
let knownDay = '';

function isInstant(text: string): boolean {
  if (!TIME.test(text)) return false;
  const day = text.slice(0, 10);
  if (day === knownDay) return true;
  const isKnown = isDay(day);
  if (isKnown) knownDay = day;
  return isKnown;
}

function isDay(text: string): boolean {
  const [, year, month, day] = DAY.exec(text) ?? [];
  if (year === undefined) return false;
  const [y, m, d] = [Number(year), Number(month), Number(day)];
  if (y === 0 || m === 0 || d === 0 || m > 12) return false;
  // Day 0 of the next month is the last one of this.
  return d <= 28 || d <= new Date(Date.UTC(y < 100 ? y + 400 : y, m, 0)).getUTCDate();
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    // Nested deeper than this program can follow; it is kept as a text anyway.
    return error instanceof RangeError;
  }
}

function valuesIn(line: string): Row {
  const values = parsedJson(line);
  return Array.isArray(values) ? values : [];
}

function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError || error instanceof TypeError)
    return "a value is not of its column's type";
  return error instanceof Error ? error.message : String(error);
}
