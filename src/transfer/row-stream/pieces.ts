/** Large values in pieces: how a value is divided, and how a file has each of the pieces. */
import { hash } from 'node:crypto';
import type { RowStreamColumn, RowStreamTable } from './format.ts';
import { LARGE_VALUE, LargeValue } from './large-value.ts';
import { kindOf, type Row } from './values.ts';

/** A piece in a file, in bytes; of a text it may be up to three less. */
export const PIECE_BYTES = 512 * 1024;

/** Whether its values may be written in pieces. The canonical form of JSON takes all of it. */
export function canBePieced(column: RowStreamColumn): boolean {
  return column.type === 'text' || kindOf(column) === 'binary';
}

/** The row with its large values as such, whether it was read in pieces or whole. */
export async function summedRow(columns: readonly RowStreamColumn[], row: Row): Promise<Row> {
  const summed = [...row];
  for (const [place, column] of columns.entries()) {
    const value = row[place];
    if (value instanceof LargeValue) summed[place] = await value.summed();
    else if (canBePieced(column)) summed[place] = fromMemory(value);
  }
  return summed;
}

function fromMemory(value: unknown): unknown {
  if (!Buffer.isBuffer(value) && typeof value !== 'string') return value;
  // A character takes three bytes at most, as far as its length counts.
  if (value.length <= LARGE_VALUE / 3) return value;
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  if (bytes.length <= LARGE_VALUE) return value;
  return new LargeValue(bytes.length, hash('sha256', bytes, 'hex'), async function* pieces() {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
  });
}

/** Pieces as a file has them: of one size, and of a text whole characters. */
export async function* inPieces(source: AsyncIterable<Buffer>, isText: boolean): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const more of source) {
    rest = rest.length === 0 ? more : Buffer.concat([rest, more]);
    while (rest.length > PIECE_BYTES) {
      const end = isText ? wholeCharacters(rest, PIECE_BYTES) : PIECE_BYTES;
      yield rest.subarray(0, end);
      rest = rest.subarray(end);
    }
  }
  if (rest.length > 0) yield rest;
}

/** Where a character begins, at the place or before it. */
function wholeCharacters(bytes: Buffer, place: number): number {
  let end = place;
  while (end > place - 3 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return end;
}

/** Thrown for a piece that would not come back as it is. */
export class PieceLostError extends Error {}

/**
 * What a file has of a piece: for people, where it belongs; and the piece as a row would have it.
 * @throws PieceLostError unless a reader gets these bytes back
 */
export function pieceText(table: RowStreamTable, place: number, number: number, piece: Buffer): Buffer {
  const column = requireColumn(table, place);
  const first = JSON.stringify({ table: table.name, column: column.name, piece: number });
  const isBinary = kindOf(column) === 'binary';
  const value = isBinary ? `"${piece.toString('base64')}"` : JSON.stringify(piece.toString());
  const text = Buffer.from(`${first}\n${value}\n`);
  if (!pieceIn(table, place, text).equals(piece))
    throw new PieceLostError(`${column.name} is not valid UTF-8`);
  return text;
}

/** @throws an Error for a text that is no piece */
export function pieceIn(table: RowStreamTable, place: number, text: Buffer): Buffer {
  const column = requireColumn(table, place);
  const value: unknown = JSON.parse(text.toString('utf8', text.indexOf('\n') + 1));
  if (typeof value !== 'string') throw new Error('a piece is neither text nor bytes');
  return Buffer.from(value, kindOf(column) === 'binary' ? 'base64' : 'utf8');
}

function requireColumn(table: RowStreamTable, place: number): RowStreamColumn {
  const column = table.columns[place];
  if (!column || !canBePieced(column)) throw new Error('a piece belongs to no column');
  return column;
}
