/** Whose turn it is, and how much the next chunk takes. */
import type { Chunk, Lane } from './lanes.ts';
import { Pace, type PaceWords } from './pace.ts';

export class Turns {
  readonly pace: Pace;
  private readonly open: Lane[];
  /** How many rows go with one that is read: a job takes others along. */
  private weight = 1;
  /** One reads at a time: a lane knows only one place to go on from. */
  private reading: Promise<unknown> = Promise.resolve();

  /** @param largest how many rows a transaction should delete at most, where something beside time limits it */
  constructor(lanes: readonly Lane[], largest?: number) {
    this.pace = new Pace(largest);
    this.open = [...lanes];
  }

  /** A chunk of each lane after the other, so that the backlog of one does not keep the rest waiting. */
  next(prepare: () => Promise<void>): Promise<Chunk | undefined> {
    const read = this.reading.then(async () => {
      await prepare();
      for (let lane = this.open.shift(); lane; lane = this.open.shift()) {
        const chunk = await lane(Math.max(1, Math.floor(this.pace.rows / this.weight)));
        if (!chunk) continue;
        this.open.push(lane);
        return chunk;
      }
      return undefined;
    });
    this.reading = read.catch(() => {});
    return read;
  }

  note(chunk: Chunk, rows: number, held: number, words: PaceWords): void {
    if (rows > 0) this.weight = Math.max(1, rows / chunk.ids.length);
    this.pace.note(rows, held, words);
  }
}
