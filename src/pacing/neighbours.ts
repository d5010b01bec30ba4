/** How large a chunk may be and how long the rest behind it, for the sake of those who write beside us. */
import type { Engine, LongWork } from '../engines/index.ts';
import type { ChunkTiming } from './chunk-size.ts';

/** Servers: whoever needs the very rows that are deleted waits that long; all others only share the disk with us. */
const SERVER: ChunkTiming = { chunkMs: 200, rest: 0.05 };
/** Each chunk of an archive has to reach the disk before it is deleted: fewer and larger ones. */
const SERVER_ARCHIVING: ChunkTiming = { chunkMs: 250, rest: 0.05 };
/** One writer at a time: the others wait for the whole chunk, and find the file free more often than not. */
const FILE: ChunkTiming = { chunkMs: 30, rest: 0.1 };
/** Nobody else writes to the file: nobody waits. */
const FILE_ALONE: ChunkTiming = { chunkMs: 25, rest: 0.05 };
/** What is read and saved between them is rest enough, and the commit has to reach the disk. */
const FILE_ARCHIVING: ChunkTiming = { chunkMs: 45, rest: 0 };
/** How long somebody who has written is taken to go on doing so, in milliseconds. */
const WRITERS_STAY_MS = 2_000;

export class Neighbours {
  private readonly rowLocks: boolean;
  private readonly archiving: boolean;
  private readonly longWork: LongWork;
  /** Until it is known better, somebody does. */
  private othersWroteAt = performance.now();

  constructor({ capabilities }: Engine, archiving: boolean, longWork: LongWork) {
    this.rowLocks = capabilities.rowLocks;
    this.archiving = archiving;
    this.longWork = longWork;
  }

  /** @param share of the usual time, for the sake of those who wait for our locks */
  timing(share = 1): ChunkTiming {
    const { chunkMs, rest } = this.usual();
    return { chunkMs: chunkMs * share, rest };
  }

  private usual(): ChunkTiming {
    if (this.rowLocks) return this.archiving ? SERVER_ARCHIVING : SERVER;
    if (this.archiving) return FILE_ARCHIVING;
    const now = performance.now();
    if (this.longWork.othersWrote()) this.othersWroteAt = now;
    return now - this.othersWroteAt < WRITERS_STAY_MS ? FILE : FILE_ALONE;
  }
}
