/**
 * How a signal ends a command: softly, after the step at hand, and in any case within ten seconds. That is safe at any
 * moment, as a kill is: every change is a whole one or none, and locks go with the process.
 */
import type { MultiFlexiError } from '../errors.ts';
import { interruptedBy, leftChanging, leftReading } from './failures.ts';

/** A terminal that is closed (SIGHUP) ends a command as any other signal does. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

type Leaving = readonly [(signal: NodeJS.Signals) => MultiFlexiError, patienceMs: number];

/** From the signal to the end of the process: a step at hand may take as long, and its bookkeeping. */
const LEFT_CHANGING: Leaving = [leftChanging, 8_000];
/** Where nothing is changed, nothing is worth waiting for. */
const LEFT_READING: Leaving = [leftReading, 1_000];
/** How often it is noted that the event loop turns: a signal is heard only then. */
const TURN_MS = 250;

export class Interruption {
  /** Aborts at the first signal. A second one ends the process at once, as the system does it. */
  readonly signal: AbortSignal;
  /** Rejects when a command that was interrupted has not come to its end in time. */
  readonly overdue: Promise<never>;
  private readonly controller = new AbortController();
  private readonly onFirst: (signal: NodeJS.Signals) => void;
  private giveUp: (error: Error) => void = () => {};
  private listening = false;
  private onlyReads = 0;
  private readonly lastTurns: [number, number] = [performance.now(), performance.now()];
  private turns: NodeJS.Timeout | undefined;
  private deadline: NodeJS.Timeout | undefined;

  constructor(onFirst: (signal: NodeJS.Signals) => void) {
    this.signal = this.controller.signal;
    this.onFirst = onFirst;
    this.overdue = new Promise((_, reject) => {
      this.giveUp = reject;
    });
    // Whoever does not wait for it has ended in time.
    this.overdue.catch(() => {});
    this.listen();
  }

  /**
   * While it runs, nothing is changed: a signal is not made to wait.
   * @param blocks whether statements keep the event loop from turning, so that only the system can end them
   */
  async whileReading<T>(blocks: boolean, work: () => Promise<T>): Promise<T> {
    this.onlyReads++;
    if (blocks) this.ignore();
    try {
      return await work();
    } finally {
      this.onlyReads--;
      if (blocks && !this.signal.aborted) this.listen();
    }
  }

  close(): void {
    this.ignore();
    clearTimeout(this.deadline);
  }

  private readonly receive = (signal: NodeJS.Signals) => {
    // What kept the event loop from turning kept the signal waiting as well; the last turn may be the one just now.
    const waited = performance.now() - this.lastTurns[0];
    this.ignore();
    this.onFirst(signal);
    const reads = this.onlyReads > 0;
    const [left, patience] = reads ? LEFT_READING : LEFT_CHANGING;
    this.deadline = setTimeout(() => this.giveUp(left(signal)), Math.max(patience - waited, 0)).unref();
    this.controller.abort((reads ? leftReading : interruptedBy)(signal));
  };

  private listen(): void {
    if (this.listening) return;
    this.listening = true;
    for (const signal of SIGNALS) process.on(signal, this.receive);
    this.noteTurn();
    this.noteTurn();
    this.turns = setInterval(() => this.noteTurn(), TURN_MS).unref();
  }

  private noteTurn(): void {
    this.lastTurns[0] = this.lastTurns[1];
    this.lastTurns[1] = performance.now();
  }

  /** From now on the system ends the process at a signal. */
  private ignore(): void {
    if (!this.listening) return;
    this.listening = false;
    for (const signal of SIGNALS) process.removeListener(signal, this.receive);
    clearInterval(this.turns);
  }
}
