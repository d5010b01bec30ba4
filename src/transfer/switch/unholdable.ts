/** Rows of one database that another one cannot hold exactly, found before anything is written. */
import type { BulkValue, Engine } from '../../engines/index.ts';
import type { Side, SummingOptions } from '../digest/portions.ts';
import { LargeValue } from '../row-stream/large-value.ts';
import { type Row, rowWords } from '../row-stream/values.ts';
import { invalidText, mayBeInvalid } from '../rows/faithful.ts';
import { readRows } from '../rows/read-rows.ts';
import { Restorable } from '../rows/restorable.ts';
import { streamedBy } from '../rows/streamed-rows.ts';
import type { MovedTable } from './moved-tables.ts';

/** So many are named; the others are counted. */
const NAMED = 20;

export interface Unholdable {
  /** As `job with id 12: stdout has the character U+0000, which …`. */
  readonly named: readonly string[];
  readonly rows: number;
  /** All rows that were looked at, and about how many bytes their values take. */
  readonly looked: number;
  readonly bytes: number;
}

/** Reads every row. @throws CANNOT_BE_SAVED for a row that is too large to be read */
export async function findUnholdable(
  source: Side,
  target: Engine,
  tables: readonly MovedTable[],
  { signal, onRows }: SummingOptions,
): Promise<Unholdable> {
  const named: string[] = [];
  const found = { rows: 0, looked: 0, bytes: 0 };
  const limit = await target.largestStatement();
  for (const { table } of tables) {
    const restorable = new Restorable(target, table);
    const most = Math.min(target.largeValues.largestRow, limit?.bytes ?? Number.POSITIVE_INFINITY);
    const faultOf = (row: Row, bytes: number) =>
      restorable.fault(row) ??
      refusal(target, table.columns, row) ??
      (bytes >= most ? `its values take ${bytes} bytes, and the target takes less than ${most}` : undefined);
    for await (const rows of readRows(source.engine, source.db, table, { signal })) {
      for (const row of rows) {
        found.looked++;
        const bytes = bytesOf(row);
        found.bytes += bytes;
        // Once for each of millions of rows: only one with a strange text has anything to wait for.
        const fault =
          faultOf(row, bytes) ??
          (mayBeInvalid(row) ? await invalidText(source.engine, source.db, table, row) : undefined);
        if (fault === undefined) continue;
        found.rows++;
        if (named.length < NAMED) named.push(`${rowWords(table, row)}: ${fault}`);
      }
      streamedBy(rows);
      onRows?.(rows.length);
    }
  }
  return { named, ...found };
}

function refusal(
  target: Engine,
  columns: readonly { readonly name: string; readonly type: string }[],
  row: Row,
): string | undefined {
  let place = 0;
  for (const { name, type } of columns) {
    const value = row[place++];
    // All else is a number, a boolean or bytes, which every engine keeps.
    if (typeof value !== 'string') continue;
    const why = target.cannotHold(type, value satisfies BulkValue);
    if (why !== null) return `${name} ${why}`;
  }
  return undefined;
}

function bytesOf(row: Row): number {
  let bytes = 0;
  for (const value of row) {
    if (value instanceof LargeValue) bytes += value.bytes;
    else if (Buffer.isBuffer(value)) bytes += value.length;
    else bytes += typeof value === 'string' ? Buffer.byteLength(value) : 8;
  }
  return bytes;
}
