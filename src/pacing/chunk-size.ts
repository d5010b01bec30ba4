/** How much a chunk takes and how long to rest behind it, so that the platform beside us hardly notices. */

export interface ChunkTiming {
  /** How long a chunk should take, in milliseconds: who waits for what it locks waits that long at most. */
  readonly chunkMs: number;
  /** The rest behind a chunk, as a share of the chunk's time. */
  readonly rest: number;
}

const SMALLEST = 10;
const LARGEST = 8_000;

export class ChunkSize {
  /** Rows of the next chunk. It begins small: nobody knows yet what a row weighs here. */
  rows = 50;
  private readonly largest: number;

  constructor(largest = LARGEST) {
    this.largest = Math.min(largest, LARGEST);
  }

  /** After a chunk: grows at most twofold, so that one lucky chunk does not make the next one long; shrinks at once. */
  note(rows: number, milliseconds: number, { chunkMs }: ChunkTiming): void {
    if (rows === 0) return;
    const fitting = Math.floor((rows * chunkMs) / Math.max(milliseconds, 0.1));
    this.rows = Math.max(SMALLEST, Math.min(this.largest, this.rows * 2, fitting));
  }

  /** After a deadlock or a lock timeout. */
  halve(): void {
    this.rows = Math.max(SMALLEST, Math.floor(this.rows / 2));
  }
}
