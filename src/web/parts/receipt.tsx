/** What a change of the database has moved, as it was compared on both sides. */
import type { VNode } from 'preact';
import type { output } from 'zod';
import type { SWITCHED } from '../../documents/schemas.ts';
import { Count, When } from './figures.tsx';
import { Table } from './table.tsx';

export function Receipt({ of: { at, tables } }: { readonly of: output<typeof SWITCHED>['receipt'] }): VNode {
  return (
    <>
      <p>
        Every row of both databases was compared at <When at={at} />, while nobody could write: they were the
        same.
      </p>
      <Table
        caption="Receipt"
        rows={tables}
        columns={[
          { head: 'Table', cell: ({ table_name }) => <code>{table_name}</code> },
          { head: 'Rows', number: true, cell: ({ rows }) => <Count of={rows} /> },
          { head: 'Largest id', number: true, cell: ({ largest_id }) => largest_id ?? '' },
          { head: 'Digest', cell: ({ digest }) => <code>{digest}</code> },
        ]}
      />
    </>
  );
}
