/**
 * The time of a cycle, shared: each duty that is still to come has the same claim to what is left. One that needs less
 * leaves the rest to those behind it, and none can be starved by those before it.
 */
export class TimeShares {
  private readonly endsAt: number;
  private left: number;

  /** @param budgetMs for the whole cycle @param duties how many share it */
  constructor(budgetMs: number, duties: number) {
    this.endsAt = performance.now() + budgetMs;
    this.left = duties;
  }

  /** The share of the next duty, in milliseconds; 0 when the time is up. */
  next(): number {
    const share = (this.endsAt - performance.now()) / Math.max(1, this.left);
    this.left--;
    return Math.max(0, Math.floor(share));
  }
}
