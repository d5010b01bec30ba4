/**
 * Holds work back while it is too much for others. Whatever may be a reason is a source of its own, asked between chunks;
 * a person may pause it as well.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** While there is nothing to wait for, the sources are asked no more often than this, in milliseconds. */
const ASK_MS = 1_000;
/** How often they are asked while they are waited for. */
const POLL_MS = 500;
/** A wait is told when it has lasted so long, and then again in intervals. */
const FIRST_WORD_MS = 1_000;
const NEXT_WORD_MS = 10_000;

/** For the sake of whom, or of what, work is held back. */
export type PressureReason = 'replica' | 'lock-waiters' | 'undo-backlog' | 'paused';

/** Why work is held back: plain data, for a terminal or a page to put into words. */
export interface Pressure {
  readonly reason: PressureReason;
  /** Who is waited for, as in `replica 10.0.0.2:3306`. */
  readonly whose: string;
  /** How far behind, or for how long a transaction is open; null when that is not known. */
  readonly seconds: number | null;
  /** How many sessions wait, or of how many transactions old versions are kept; undefined where nothing is counted. */
  readonly count?: number | undefined;
  /** Why the seconds are not known, as the end of a sentence that begins with {@link whose}. */
  readonly why: string | null;
}

export interface PressureSource {
  /** Asks now. @returns undefined while there is nothing to wait for @throws when the database cannot be asked */
  ask(): Promise<Pressure | undefined>;
  /** How many rows a transaction should write at most; null is any number. */
  readonly largestTransaction: number | null;
  /** What part of its usual time a chunk should take just now, above 0 and at most 1; 1 where there is no such method. */
  chunkShare?(): number;
}

/** What ends a wait. */
export interface WaitLimits {
  /** Each of them ends it; whoever waits looks at them himself. */
  readonly signals: readonly (AbortSignal | undefined)[];
  readonly isOver: () => boolean;
}

export class Throttle {
  /** How long was waited so far, in milliseconds, by what for. */
  readonly waits = new Map<PressureReason, number>();
  private readonly sources: readonly PressureSource[];
  private readonly onWaiting: (pressure: Pressure) => void;
  private asked = Number.NEGATIVE_INFINITY;
  private told = Number.NEGATIVE_INFINITY;
  private waiting: Promise<void> | undefined;
  private paused: Pressure | undefined;

  /** @param onWaiting told now and then for what is waited */
  constructor(sources: readonly PressureSource[], onWaiting: (pressure: Pressure) => void) {
    this.sources = sources;
    this.onWaiting = onWaiting;
  }

  /** How many rows a transaction should write at most; null is any number. */
  get largestTransaction(): number | null {
    const limits = this.sources.flatMap(({ largestTransaction }) => largestTransaction ?? []);
    return limits.length === 0 ? null : Math.min(...limits);
  }

  /** How long was waited so far, in milliseconds. */
  get waited(): number {
    return [...this.waits.values()].reduce((sum, one) => sum + one, 0);
  }

  /** What part of its usual time a chunk should take just now. */
  get chunkShare(): number {
    return Math.min(1, ...this.sources.map((source) => source.chunkShare?.() ?? 1));
  }

  /** From the next chunk on, until {@link resume}. @param by who has asked for it */
  pause(by: string): void {
    this.paused = { reason: 'paused', whose: by, seconds: null, why: 'has paused it' };
    this.asked = Number.NEGATIVE_INFINITY;
  }

  resume(): void {
    this.paused = undefined;
  }

  /**
   * Comes back at once, or when work may go on, or at the limits. Whoever comes while another one waits, waits with him.
   * @throws when a source cannot be asked
   */
  async wait(limits: WaitLimits): Promise<void> {
    if (!this.waiting && performance.now() - this.asked < ASK_MS) return;
    this.waiting ??= this.untilNothingPresses(limits).finally(() => {
      this.waiting = undefined;
    });
    await this.waiting;
  }

  private async untilNothingPresses({ signals, isOver }: WaitLimits): Promise<void> {
    const ended = AbortSignal.any(signals.filter((signal) => signal !== undefined));
    const began = performance.now();
    let held: PressureReason | undefined;
    while (!ended.aborted && !isOver()) {
      const asking = performance.now();
      const pressure = await orAborted(this.ask(), ended);
      this.asked = performance.now();
      if (pressure) {
        this.tell(pressure, this.asked - began);
        await sleep(POLL_MS, undefined, { signal: ended }).catch(() => {});
        held = pressure.reason;
      }
      // A look at sources that do not press is no wait, however long their answer took.
      if (held) this.waits.set(held, (this.waits.get(held) ?? 0) + performance.now() - asking);
      if (!pressure) break;
    }
  }

  private async ask(): Promise<Pressure | undefined> {
    if (this.paused) return this.paused;
    for (const source of this.sources) {
      const pressure = await source.ask();
      if (pressure) return pressure;
    }
    return undefined;
  }

  private tell(pressure: Pressure, waited: number): void {
    const now = performance.now();
    if (waited < FIRST_WORD_MS || now - this.told < NEXT_WORD_MS) return;
    this.told = now;
    this.onWaiting(pressure);
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
