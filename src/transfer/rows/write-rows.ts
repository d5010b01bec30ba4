/** Writes rows to a row stream, each as what a reader will make of it: what could not be put back is not written. */
import { collectPassing } from '../../system/index.ts';
import { isLarge, type Row } from '../row-stream/values.ts';
import type { RowStreamWriter } from '../row-stream/writer.ts';
import { isPieced, type Restorable } from './restorable.ts';

/**
 * @param table its place in the header
 * @returns the row as a reader will have it
 * @throws CANNOT_BE_SAVED; then nothing of the row was written, unless it has values in pieces
 */
export async function writeRow(
  writer: RowStreamWriter,
  restorable: Restorable,
  table: number,
  row: Row,
): Promise<Row> {
  if (isPieced(row)) return restorable.reading(row, () => writer.writePieced(table, row));
  if (isLarge(row)) {
    restorable.checkLarge(row);
    await writer.writeLargeRow(table, row);
    return row;
  }
  const line = restorable.encode(row);
  const read = restorable.asRead(row, line);
  await writer.writeLine(table, line, read);
  return read;
}

/** Characters of lines that are handed over together. */
const GATHERED = 128 * 1024;

/** The same for many of them, which costs less. @param onRow gets each as a reader will have it */
export async function writeRows(
  writer: RowStreamWriter,
  restorable: Restorable,
  table: number,
  rows: readonly Row[],
  onRow?: (row: Row) => void,
): Promise<void> {
  let lines: (readonly [string, Row])[] = [];
  let characters = 0;
  for (const row of rows) {
    if (isPieced(row) || isLarge(row)) {
      await writer.writeLines(table, lines);
      lines = [];
      const written = await writeRow(writer, restorable, table, row);
      onRow?.(written);
    } else {
      const line = restorable.encode(row);
      const read = restorable.asRead(row, line);
      lines.push([line, read]);
      onRow?.(read);
      characters += line.length;
    }
    if (characters < GATHERED) continue;
    await writer.writeLines(table, lines);
    lines = [];
    characters = 0;
  }
  await writer.writeLines(table, lines);
}

const LINE_BREAK = 0x0a;

/**
 * Writes lines as the database has written them. That each of its rows can be put back was asked for when they were read; the first
 * is decoded all the same, as lines of another form than ours would be so one and all.
 * @param text in UTF-8, with a break between two lines @returns how many there are @throws CANNOT_BE_SAVED
 */
export async function writeText(
  writer: RowStreamWriter,
  restorable: Restorable,
  table: number,
  text: Buffer,
): Promise<number> {
  restorable.decode(firstLine(text));
  const lines = await writer.writeText(table, text);
  collectPassing(text.length);
  return lines;
}

export function firstLine(text: Buffer): string {
  const end = text.indexOf(LINE_BREAK);
  return text.toString('utf8', 0, end < 0 ? text.length : end);
}
