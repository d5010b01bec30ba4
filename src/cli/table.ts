/** Tables for people: aligned columns, no lines to get lost in when pasted into a ticket. */
import stringWidth from 'string-width';

export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

const GAP = '  ';
/** A character of these takes one column each. */
const PLAIN = /^[ -~]*$/;

/** A cell may have several lines, colours, and characters that are as wide as two. */
export function textTable(columns: readonly TableColumn[], rows: readonly (readonly string[])[]): string {
  const cells = [columns.map(({ title }) => title), ...rows].map((row) =>
    columns.map((_, place) => (row[place] ?? '').split('\n')),
  );
  const widths = columns.map((_, place) =>
    Math.max(1, ...cells.flatMap((row) => (row[place] ?? []).map(widthOf))),
  );
  return cells
    .flatMap((row) => {
      const height = Math.max(...row.map((lines) => lines.length));
      return Array.from({ length: height }, (_, line) =>
        columns
          .map(({ align }, place) => aligned(row[place]?.[line] ?? '', widths[place] ?? 0, align))
          .join(GAP)
          .trimEnd(),
      );
    })
    .join('\n');
}

function aligned(text: string, width: number, align: TableColumn['align']): string {
  const missing = ' '.repeat(Math.max(0, width - widthOf(text)));
  return align === 'right' ? missing + text : text + missing;
}

/** How many columns its widest line takes. */
export function widthOf(text: string): number {
  if (text.includes('\n')) return Math.max(...text.split('\n').map(widthOf));
  return PLAIN.test(text) ? text.length : stringWidth(text);
}
