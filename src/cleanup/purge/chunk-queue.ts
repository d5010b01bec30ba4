/** Whose turn it is, and how much the next chunk takes. */

import { ChunkSize, type ChunkTiming } from '../../pacing/index.ts';
import type { Chunk, ChunkCursor } from './walks.ts';

export class ChunkQueue {
  readonly chunkSize: ChunkSize;
  private readonly open: ChunkCursor[];
  /** How many rows go with one that is read: a job takes others along. */
  private weight = 1;
  /** One reads at a time: a cursor knows only one place to go on from. */
  private reading: Promise<unknown> = Promise.resolve();

  /** @param largest how many rows a transaction should delete at most, where something beside time limits it */
  constructor(cursors: readonly ChunkCursor[], largest?: number) {
    this.chunkSize = new ChunkSize(largest);
    this.open = [...cursors];
  }

  /** A chunk of each cursor after the other, so that the backlog of one does not keep the rest waiting. */
  next(prepare: () => Promise<void>): Promise<Chunk | undefined> {
    const read = this.reading.then(async () => {
      await prepare();
      for (;;) {
        const [cursor] = this.open;
        if (!cursor) return undefined;
        // A cursor that could not be read is still the next one.
        const chunk = await cursor(Math.max(1, Math.floor(this.chunkSize.rows / this.weight)));
        this.open.shift();
        if (!chunk) continue;
        this.open.push(cursor);
        return chunk;
      }
    });
    this.reading = read.catch(() => {});
    return read;
  }

  note(chunk: Chunk, rows: number, held: number, timing: ChunkTiming): void {
    if (rows > 0) this.weight = Math.max(1, rows / chunk.ids.length);
    this.chunkSize.note(rows, held, timing);
  }
}
