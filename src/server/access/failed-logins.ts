/**
 * Slows down who guesses. Behind a proxy everybody has the same address, so that all share one rest, which grows with each
 * failure and is forgotten after a minute without one. A token has 256 bits: this is for the log and the database's sake.
 */
import { setTimeout as sleep } from 'node:timers/promises';

const FORGET_MS = 60_000;
/** Who waits at the same time; all others are refused at once. */
const MOST_WAITING = 10;

export class FailedLogins {
  private readonly least: number;
  private readonly most: number;
  private failures = 0;
  private lastAt = 0;
  private waiting = 0;

  constructor([least, most]: readonly [least: number, most: number]) {
    this.least = least;
    this.most = most;
  }

  get isCrowded(): boolean {
    return this.waiting >= MOST_WAITING;
  }

  /** @returns how many there have been in a row */
  async rest(): Promise<number> {
    const now = Date.now();
    this.failures = now - this.lastAt > FORGET_MS ? 1 : this.failures + 1;
    this.lastAt = now;
    this.waiting++;
    try {
      await sleep(Math.min(this.least * 2 ** (this.failures - 1), this.most), undefined, { ref: false });
    } finally {
      this.waiting--;
    }
    return this.failures;
  }
}
