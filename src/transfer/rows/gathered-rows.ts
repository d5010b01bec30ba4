/** Rows with large values on their way into the database: these are handed over in pieces, ahead of the statement that writes them. */
import type { Kysely, RawBuilder } from 'kysely';
import type { Engine, PiecedValue } from '../../engines/index.ts';
import type { RowStreamTable } from '../row-stream/format.ts';
import { LargeValue } from '../row-stream/large-value.ts';
import type { Row } from '../row-stream/values.ts';

/** @param write gets the rows with an expression in place of each large value, and what a SELECT of these reads */
export async function gatheredRows(
  { largeValues }: Engine,
  db: Kysely<unknown>,
  { columns }: Pick<RowStreamTable, 'columns'>,
  rows: readonly Row[],
  write: (rows: readonly Row[], from: RawBuilder<unknown> | undefined) => Promise<void>,
): Promise<void> {
  const values: PiecedValue[] = [];
  const placed = rows.map((row) =>
    row.map((value, column) => {
      if (!(value instanceof LargeValue)) return { value };
      return { gathered: values.push({ type: columns[column]?.type ?? '', pieces: value.pieces() }) - 1 };
    }),
  );
  if (values.length === 0) return write(rows, undefined);
  await largeValues.gathered(db, values, (expressions, from) =>
    write(
      placed.map((row) =>
        row.map((part) => ('gathered' in part ? expressions[part.gathered as number] : part.value)),
      ),
      from,
    ),
  );
}
