/** Rows that stream through this process take memory outside of V8's heap, which it does not notice in time. */
import { collectStreamed } from '../../system/index.ts';
import type { Row } from '../row-stream/values.ts';

/** What a value takes beside its characters or bytes, wherever it is. */
const VALUE_BYTES = 32;

/** To be told of all rows that have been read, when they are of no use any more. */
export function streamedBy(rows: readonly Row[]): void {
  let bytes = 0;
  for (const row of rows) bytes += row.length * VALUE_BYTES;
  for (const row of rows)
    for (const value of row) if (Buffer.isBuffer(value) || typeof value === 'string') bytes += value.length;
  collectStreamed(bytes);
}
