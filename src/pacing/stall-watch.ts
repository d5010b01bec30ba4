/** Notices that work has come to a standstill: a server that does not answer, a disk or a reader that takes nothing. */

/** How long nothing may happen before it is said, in milliseconds. */
const PATIENCE_MS = 60_000;

export class StallWatch {
  private readonly timer: NodeJS.Timeout;
  private last = performance.now();
  private said = 0;

  /** @param onStall is told, each time as much again has passed, for how many milliseconds nothing has happened */
  constructor(onStall: (ms: number) => void, patienceMs = PATIENCE_MS) {
    this.timer = setInterval(
      () => {
        const ms = performance.now() - this.last;
        if (ms < patienceMs * (this.said + 1)) return;
        this.said++;
        onStall(ms);
      },
      Math.min(patienceMs, 1_000),
    );
    this.timer.unref();
  }

  progressed(): void {
    this.last = performance.now();
    this.said = 0;
  }

  end(): void {
    clearInterval(this.timer);
  }
}
