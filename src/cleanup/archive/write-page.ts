/** Writes what was read of a page, each row only if it can be put back. */
import {
  firstLine,
  type Restorable,
  type RowStreamWriter,
  writeRows,
  writeText,
} from '../../transfer/index.ts';
import type { Page } from './rows.ts';

/** @param table its place in the header @returns how many rows there were @throws CANNOT_BE_SAVED */
export async function writePage(
  writer: RowStreamWriter,
  restorable: Restorable,
  table: number,
  { text, lines, rows }: Page,
): Promise<number> {
  const inText = text ? await writeText(writer, restorable, table, text) : 0;
  await writer.writeLines(table, decoded(lines, restorable));
  await writeRows(writer, restorable, table, rows);
  return inText + lines.length + rows.length;
}

/** What {@link writePage} decodes of the page's lines. @throws CANNOT_BE_SAVED */
export function rehearseLines(restorable: Restorable, { text, lines }: Page): void {
  for (const line of text ? [firstLine(text), ...lines] : lines) restorable.decode(line);
}

/** One by one: a page of rows at once would outlive V8's young generation. @throws CANNOT_BE_SAVED */
function* decoded(
  lines: readonly string[],
  restorable: Restorable,
): Generator<readonly [line: string, row: readonly unknown[]]> {
  for (const line of lines) yield [line, restorable.decode(line)];
}
