/** A table that scrolls by itself on a narrow screen; its rows are what a document lists. */
import type { ComponentChildren, VNode } from 'preact';

export interface Column<Row> {
  readonly head: string;
  /** It needs no name for those who see it, as a column of buttons. */
  readonly unseen?: boolean;
  readonly number?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
}

export function Table<Row>({
  caption,
  columns,
  rows,
}: {
  /** Said to those who cannot see it; also above the table, as a heading would be. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
}): VNode {
  return (
    <section class="scroll" tabIndex={0} aria-label={caption}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ head, number, unseen }) => (
              <th scope="col" class={number ? 'number' : undefined}>
                {unseen ? <span class="unseen">{head}</span> : head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              {columns.map(({ cell, number }, place) =>
                place === 0 ? (
                  <th scope="row">{cell(row)}</th>
                ) : (
                  <td class={number ? 'number' : undefined}>{cell(row)}</td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
