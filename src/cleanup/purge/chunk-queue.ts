/** Whose turn it is, and how much the next chunk takes. */

import { ChunkSize, type ChunkTiming } from '../../pacing/index.ts';
import type { Chunk, ChunkCursor } from './walks.ts';

export class ChunkQueue {
  readonly chunkSize: ChunkSize;
  private readonly open: ChunkCursor[];
  /** How many rows go with one that is read: a job takes others along. */
  private weight = 1;
  /** Read and not given out: a chunk that is not full yet when the next cursor cannot be read, or what is too much for one. */
  private begun: Chunk | undefined;
  /** One reads at a time: a cursor knows only one place to go on from. */
  private reading: Promise<unknown> = Promise.resolve();

  /** @param largest how many rows a transaction should delete at most, where something beside time limits it */
  constructor(cursors: readonly ChunkCursor[], largest?: number) {
    this.chunkSize = new ChunkSize(largest);
    this.open = [...cursors];
  }

  /**
   * Each cursor after the other, so that the backlog of one does not keep the rest waiting. What one of them has left is
   * filled up from the next: few rows of many owners are few transactions, each of which has to reach the disk.
   */
  next(prepare: () => Promise<void>): Promise<Chunk | undefined> {
    const read = this.reading.then(async () => {
      await prepare();
      const size = Math.max(1, Math.floor(this.chunkSize.rows / this.weight));
      for (;;) {
        const [cursor] = this.open;
        const room = size - (this.begun?.ids.length ?? 0);
        if (!cursor || room <= 0) return this.give(size);
        // A cursor that could not be read is still the next one.
        const some = await cursor(room);
        this.open.shift();
        if (!some) continue;
        this.open.push(cursor);
        const before = this.begun;
        const fits = !before || (before.table === some.table && before.archive === some.archive);
        this.begun = before && fits ? { ...before, ids: [...before.ids, ...some.ids] } : some;
        if (before && !fits) return before;
      }
    });
    this.reading = read.catch(() => {});
    return read;
  }

  note(chunk: Chunk, rows: number, held: number, timing: ChunkTiming): void {
    if (rows > 0) this.weight = Math.max(1, rows / chunk.ids.length);
    this.chunkSize.note(rows, held, timing);
  }

  /** Chunks may have become smaller since it was read. */
  private give(size: number): Chunk | undefined {
    const { begun } = this;
    if (!begun) return undefined;
    const left = begun.ids.slice(size);
    this.begun = left.length > 0 ? { ...begun, ids: left } : undefined;
    return left.length > 0 ? { ...begun, ids: begun.ids.slice(0, size) } : begun;
  }
}
