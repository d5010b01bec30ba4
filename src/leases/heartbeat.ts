/**
 * Renews a lease, and gives it up when that has not succeeded for the time to live: by this process's own monotonic clock,
 * from before the last renewal was sent, which is earlier than the instant that the database has noted.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isMultiFlexiError, type MultiFlexiError } from '../errors.ts';
import { leaseNotRenewed } from './failures.ts';

export interface Renewal {
  readonly name: string;
  readonly timeToLiveMs: number;
  /** @returns undefined when it was renewed, or why it cannot be any more */
  readonly renew: () => Promise<MultiFlexiError | undefined>;
}

/** So many heartbeats would fit into the time to live: one that fails leaves time for others. */
const BEATS = 3;
/** The rest after a heartbeat that failed, as a share of the time to live. */
const REST = 0.05;

export class Heartbeat {
  private readonly renewal: Renewal;
  private readonly lost = new AbortController();
  private deadline: number;
  /** Why the last one failed. */
  private why = 'the process or the server stood still';
  private nextBeat: NodeJS.Timeout | undefined;
  private end: NodeJS.Timeout | undefined;
  private beating: Promise<void> | undefined;
  private stopped = false;

  /** @param sent when the lease was asked for, on the clock of `performance.now()` */
  constructor(renewal: Renewal, sent: number) {
    this.renewal = renewal;
    this.deadline = sent + renewal.timeToLiveMs;
    this.giveUpInTime();
    this.beatIn(renewal.timeToLiveMs / BEATS);
  }

  get signal(): AbortSignal {
    return this.lost.signal;
  }

  /** Timers are late where a process is frozen, or a statement keeps it busy. @throws LEASE_LOST */
  requireSure(): void {
    if (!this.stopped) this.isOver();
    this.signal.throwIfAborted();
  }

  /** Lets a heartbeat pass that is under way; none waits for longer than a heartbeat may take. */
  async giveWay(): Promise<void> {
    await this.beating;
  }

  lose(reason: MultiFlexiError): MultiFlexiError {
    if (!this.signal.aborted) this.lost.abort(reason);
    this.stop();
    return this.signal.reason;
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.nextBeat);
    clearTimeout(this.end);
  }

  private beatIn(milliseconds: number): void {
    this.nextBeat = setTimeout(() => {
      this.beating = this.beat().finally(() => {
        this.beating = undefined;
      });
    }, milliseconds).unref();
  }

  private async beat(): Promise<void> {
    const { timeToLiveMs } = this.renewal;
    const sent = performance.now();
    const ended = new AbortController();
    const noAnswer = sleep(timeToLiveMs / BEATS, false, { signal: ended.signal, ref: false });
    noAnswer.catch(() => {});
    const renewed = await Promise.race([this.renewSince(sent), noAnswer]).finally(() => ended.abort());
    if (this.stopped) return;
    if (renewed) this.beatIn(Math.max(0, sent + timeToLiveMs / BEATS - performance.now()));
    else this.beatIn(timeToLiveMs * REST);
  }

  /** @returns whether it was renewed; an answer that comes late counts all the same, from when it was sent */
  private async renewSince(sent: number): Promise<boolean> {
    this.why = 'the server did not answer';
    try {
      const gone = await this.renewal.renew();
      if (gone) this.lose(gone);
      else this.noteSuccess(sent);
      return gone === undefined;
    } catch (error) {
      // A lock that was not got in time is somebody's transaction, most likely one of our own, and no loss.
      this.why = isMultiFlexiError(error) ? error.message.replace(/\.$/, '') : String(error);
      return false;
    }
  }

  private noteSuccess(sent: number): void {
    if (this.stopped) return;
    this.deadline = Math.max(this.deadline, sent + this.renewal.timeToLiveMs);
    this.giveUpInTime();
  }

  private giveUpInTime(): void {
    clearTimeout(this.end);
    if (!this.isOver())
      this.end = setTimeout(() => this.giveUpInTime(), this.deadline - performance.now()).unref();
  }

  private isOver(): boolean {
    if (performance.now() < this.deadline) return false;
    this.lose(leaseNotRenewed(this.renewal.name, this.renewal.timeToLiveMs, this.why));
    return true;
  }
}
