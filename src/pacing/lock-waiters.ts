/**
 * Sessions that wait for a lock of ours. Between chunks we hold none, so they are looked for while chunks run: again and
 * again, with a question that is out at a time. Seen, chunks become smaller; still seen, the work rests until those who
 * waited are through.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { LockWaiters } from '../engines/index.ts';
import type { Pressure, PressureSource } from './throttle.ts';

const INTERVAL_MS = 500;
/** How long an answer is waited for; none at all says nothing. */
const ANSWER_MS = 2_000;
/** A sixteenth of a chunk's usual time is as quick as a platform's own transactions. */
const SMALLEST_SHARE = 1 / 16;
/** How many looks in a row must find nobody until chunks grow again: most waits fall between two looks. */
const LOOKS_UNTIL_GROWTH = 4;
/** Seen so often in a row, smaller chunks alone do not help. */
const LOOKS_UNTIL_REST = 2;
/** Between chunks nobody can wait for us for longer; whoever is still seen then waits for something else as well. */
const LONGEST_REST_MS = 2_000;

export class LockWaiterWatch implements PressureSource {
  readonly largestTransaction = null;
  private readonly look: () => Promise<LockWaiters | undefined>;
  private readonly onFirst: (waiters: LockWaiters) => void;
  private readonly intervalMs: number;
  private timer: NodeJS.Timeout | undefined;
  private asking: Promise<void> | undefined;
  private ended = false;
  private share = 1;
  private looksWithout = 0;
  private looksWith = 0;
  private last: LockWaiters | undefined;
  private restsSince: number | undefined;
  private told = false;

  /**
   * @param look undefined where it is not known; what it throws is not known either
   * @param onFirst told once: from then on chunks are smaller
   */
  constructor(
    look: () => Promise<LockWaiters | undefined>,
    onFirst: (waiters: LockWaiters) => void,
    intervalMs = INTERVAL_MS,
  ) {
    this.look = look;
    this.onFirst = onFirst;
    this.intervalMs = intervalMs;
  }

  /** Looks from now on, until {@link end}; keeps no process alive. */
  begin(): void {
    this.timer = setInterval(() => this.sample(), this.intervalMs).unref();
  }

  /** Waits for a question that is out, but not for ever. */
  async end(): Promise<void> {
    this.ended = true;
    clearInterval(this.timer);
    if (this.asking) await Promise.race([this.asking, sleep(ANSWER_MS, undefined, { ref: false })]);
  }

  chunkShare(): number {
    return this.share;
  }

  async ask(): Promise<Pressure | undefined> {
    const now = performance.now();
    if (this.looksWith < LOOKS_UNTIL_REST || !this.last?.whose) {
      this.restsSince = undefined;
      return undefined;
    }
    this.restsSince ??= now;
    if (now - this.restsSince > LONGEST_REST_MS) {
      this.looksWith = 0;
      this.restsSince = undefined;
      return undefined;
    }
    const { whose, sessions } = this.last;
    return { reason: 'lock-waiters', whose, seconds: null, why: null, count: sessions };
  }

  /** A server that does not answer is not asked a second time meanwhile: no more than one connection is taken. */
  private sample(): void {
    if (this.asking) return;
    this.asking = this.look()
      .then((waiters) => {
        if (waiters && !this.ended) this.note(waiters);
      })
      .catch(() => {})
      .finally(() => {
        this.asking = undefined;
      });
  }

  private note(waiters: LockWaiters): void {
    this.last = waiters;
    if (waiters.sessions > 0) {
      this.looksWith++;
      this.looksWithout = 0;
      this.share = Math.max(SMALLEST_SHARE, this.share / 2);
      if (!this.told) this.onFirst(waiters);
      this.told = true;
    } else {
      this.looksWith = 0;
      this.looksWithout++;
      if (this.looksWithout % LOOKS_UNTIL_GROWTH === 0) this.share = Math.min(1, this.share * 2);
    }
  }
}
