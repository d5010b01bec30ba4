import type { BulkValue } from './contract/rows.ts';

type Row = readonly BulkValue[];

/** Bounds a batch's memory when rows are large, as with artifacts. */
const BYTES_PER_BATCH = 4 * 1024 * 1024;

/** Groups rows into batches of at most `maxRows`, and of about 4 MiB however few rows that is. */
export async function* batches(
  rows: Iterable<Row> | AsyncIterable<Iterable<Row>>,
  maxRows: number,
  maxBytes = BYTES_PER_BATCH,
): AsyncGenerator<Row[]> {
  let batch: Row[] = [];
  let bytes = 0;
  for await (const some of Symbol.asyncIterator in rows ? rows : [rows]) {
    for (const row of some) {
      batch.push(row);
      bytes += roughBytes(row);
      if (batch.length < maxRows && bytes < maxBytes) continue;
      yield batch;
      batch = [];
      bytes = 0;
    }
  }
  if (batch.length > 0) yield batch;
}

/** Close enough for a bound: a character counts as one byte, everything without a length as eight. */
function roughBytes(row: Row): number {
  let bytes = 0;
  for (const value of row) bytes += typeof value === 'string' || Buffer.isBuffer(value) ? value.length : 8;
  return bytes;
}
