/** What ends a purge before its end: a person, or its time budget. Every wait of it ends with them. */
import { patiently } from '../../pacing/index.ts';

export type Stopped = 'interrupted' | 'time budget';

export class Limits {
  /** Each of them ends a wait. */
  readonly signals: readonly AbortSignal[];
  private readonly interrupted: AbortSignal | undefined;
  private readonly budget: AbortSignal | undefined;

  constructor(interrupted: AbortSignal | undefined, timeBudgetMs: number | undefined) {
    this.interrupted = interrupted;
    this.budget = timeBudgetMs === undefined ? undefined : AbortSignal.timeout(timeBudgetMs);
    this.signals = [interrupted, this.budget].filter((signal) => signal !== undefined);
  }

  get stopped(): Stopped | null {
    if (this.interrupted?.aborted) return 'interrupted';
    return this.budget?.aborted ? 'time budget' : null;
  }

  /**
   * A lock of somebody else, or a deadlock, is waited out.
   * @param lost ends the wait as a failure
   * @returns undefined where the purge was ended meanwhile: what was done until then is the result
   */
  async patiently<T>(work: () => Promise<T>, lost: AbortSignal, onWait?: () => void): Promise<T | undefined> {
    try {
      return await patiently(work, { signals: [lost, ...this.signals], onWait });
    } catch (error) {
      if (this.signals.some((signal) => signal.aborted && error === signal.reason)) return undefined;
      throw error;
    }
  }
}
