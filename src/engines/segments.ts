/** Batches of rows, as many as one transaction of a bulk load takes. */
import type { BulkValue } from './contract/rows.ts';

type Batch = readonly (readonly BulkValue[])[];

/**
 * Each segment is to be read to its end before the next one is asked for.
 * @param most batches of one segment
 */
export async function* segments(
  batches: AsyncIterable<Batch>,
  most: number,
): AsyncGenerator<AsyncGenerator<Batch>> {
  const source = batches[Symbol.asyncIterator]();
  let next = await source.next();
  async function* segment() {
    for (let taken = 1; !next.done; taken++) {
      yield next.value;
      // What comes next is read outside of the transaction that takes this one.
      if (taken === most) return;
      next = await source.next();
    }
  }
  try {
    while (!next.done) {
      yield segment();
      if (!next.done) next = await source.next();
    }
  } finally {
    await source.return?.();
  }
}
