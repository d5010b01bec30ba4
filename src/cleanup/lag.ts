/** Holds a purge back while replicas cannot follow: what it deletes they must delete as well, and their readers wait for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReplicaLag, ReplicaWatch } from '../engines/index.ts';

/** While there is nothing to wait for, the replicas are asked no more often than this, in milliseconds. */
const ASK_MS = 1_000;
/** How often they are asked while they are waited for. */
const POLL_MS = 500;
/** A wait is told when it has lasted so long, and then again in intervals. */
const FIRST_WORD_MS = 1_000;
const NEXT_WORD_MS = 10_000;

/** What ends a wait. */
export interface WaitLimits {
  /** Each of them ends it; whoever waits looks at them himself. */
  readonly signals: readonly (AbortSignal | undefined)[];
  readonly isOver: () => boolean;
}

export interface Throttle {
  /** Comes back at once, or when it may go on, or at the limits. @throws when the main server cannot be asked */
  wait(limits: WaitLimits): Promise<void>;
  /** How long was waited so far, in milliseconds. */
  readonly waited: number;
  /** How many rows a transaction should write at most; null is any number. */
  readonly largestTransaction: number | null;
}

export class LagThrottle implements Throttle {
  waited = 0;
  private readonly watch: ReplicaWatch;
  private readonly maxLagMs: number;
  private readonly onWaiting: (lag: ReplicaLag) => void;
  private asked = Number.NEGATIVE_INFINITY;
  private told = Number.NEGATIVE_INFINITY;
  private waiting: Promise<void> | undefined;

  /** @param onWaiting told now and then for whom is waited */
  constructor(watch: ReplicaWatch, maxLagMs: number, onWaiting: (lag: ReplicaLag) => void) {
    this.watch = watch;
    this.maxLagMs = maxLagMs;
    this.onWaiting = onWaiting;
  }

  get largestTransaction(): number | null {
    return this.watch.largestTransaction;
  }

  /** Whoever comes while another one waits, waits with him. */
  async wait(limits: WaitLimits): Promise<void> {
    if (!this.waiting && performance.now() - this.asked < ASK_MS) return;
    this.waiting ??= this.untilTheyFollow(limits).finally(() => {
      this.waiting = undefined;
    });
    await this.waiting;
  }

  private async untilTheyFollow({ signals, isOver }: WaitLimits): Promise<void> {
    const ended = AbortSignal.any(signals.filter((signal) => signal !== undefined));
    const began = performance.now();
    let behind = false;
    while (!ended.aborted && !isOver()) {
      const lag = await orAborted(this.watch.lag(), ended);
      this.asked = performance.now();
      if (!lag || (lag.seconds !== null && lag.seconds * 1000 <= this.maxLagMs)) break;
      behind = true;
      this.tell(lag, this.asked - began);
      await sleep(POLL_MS, undefined, { signal: ended }).catch(() => {});
    }
    // A look at replicas that follow is no wait, however long their answer took.
    if (behind) this.waited += performance.now() - began;
  }

  private tell(lag: ReplicaLag, waited: number): void {
    const now = performance.now();
    if (waited < FIRST_WORD_MS || now - this.told < NEXT_WORD_MS) return;
    this.told = now;
    this.onWaiting(lag);
  }
}

/** A server that does not answer must not keep Ctrl-C waiting. */
async function orAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const end = () => resolve(undefined);
  signal.addEventListener('abort', end, { once: true });
  // Nobody may be left to hear of its failure.
  answer.catch(() => {});
  return Promise.race([answer, aborted]).finally(() => signal.removeEventListener('abort', end));
}
