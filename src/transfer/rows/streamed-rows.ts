/** Rows that stream through this process take memory outside of V8's heap, which it does not notice in time. */
import { collectStreamed } from '../../system/index.ts';
import type { Row } from '../row-stream/values.ts';

/** What a buffer takes beside its bytes, wherever it is. */
const BUFFER_BYTES = 128;

/** To be told of all rows that have been read, when they are of no use any more. Texts are in the heap, and looked after there. */
export function streamedBy(rows: readonly Row[]): void {
  let bytes = 0;
  for (const row of rows)
    for (const value of row) if (Buffer.isBuffer(value)) bytes += value.length + BUFFER_BYTES;
  collectStreamed(bytes);
}
