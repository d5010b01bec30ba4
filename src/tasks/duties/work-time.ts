/** How long a duty may work: until somebody ends it, its lease is lost, or its time is up. */
import { isMultiFlexiError } from '../../errors.ts';
import type { Fenced } from '../../leases/index.ts';
import type { DutyContext, DutyResult } from './duty.ts';

export class WorkTime {
  private readonly context: Pick<DutyContext, 'signal' | 'fence' | 'timeBudgetMs'>;
  private readonly started = performance.now();
  /** Another wait would be longer than the time that is left. */
  private waitedInVain = false;

  constructor(context: Pick<DutyContext, 'signal' | 'fence' | 'timeBudgetMs'>) {
    this.context = context;
  }

  /** Why to stop, null to go on. @throws LEASE_LOST: what is left is somebody else's to do */
  over(): DutyResult['stopped'] {
    const { signal, fence } = this.context;
    if (signal?.aborted) return 'interrupted';
    fence?.signal.throwIfAborted();
    return this.leftMs > 0 && !this.waitedInVain ? null : 'time budget';
  }

  /** For a transaction, which waits for locks of others no longer than there is time. */
  get fenced(): Fenced {
    const { signal, fence } = this.context;
    return { signal, fence, patienceMs: this.leftMs };
  }

  /** @returns undefined where the time is over, before it or in its waits: then it has done nothing */
  async attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
    if (this.over() !== null) return undefined;
    try {
      return await work();
    } catch (error) {
      const { signal } = this.context;
      this.waitedInVain = isMultiFlexiError(error, 'LOCK_TIMEOUT') || isMultiFlexiError(error, 'DEADLOCK');
      if (this.waitedInVain || (signal?.aborted && error === signal.reason)) return undefined;
      throw error;
    }
  }

  private get leftMs(): number {
    return Math.max(0, this.context.timeBudgetMs - (performance.now() - this.started));
  }
}
