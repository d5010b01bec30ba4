/** Cycle after cycle in one process, for machines without systemd's timers. */
import { Cron } from 'croner';

export interface DaemonOptions {
  /** A cron expression in local time; undefined for one cycle every {@link pauseMs}. */
  readonly schedule: string | undefined;
  /** From the beginning of one cycle to that of the next, in milliseconds. */
  readonly pauseMs: number;
  /** Ends the daemon, after the chunk at hand of a cycle. */
  readonly signal: AbortSignal;
  /** Must not throw: it tells its failures itself. */
  readonly cycle: () => Promise<void>;
  /** Told when a cycle was due while the one before it was still running: it is dropped. */
  readonly onMissed: () => void;
  /** Told when the next cycle is due. */
  readonly onWaiting: (next: Date | null) => void;
}

/** The first cycle begins at once. @returns when the signal has aborted and no cycle is running */
export async function runDaemon({
  schedule,
  pauseMs,
  signal,
  cycle,
  onMissed,
  onWaiting,
}: DaemonOptions): Promise<void> {
  let atWork: Promise<void> = Promise.resolve();
  const run = () => {
    atWork = cycle();
    return atWork;
  };
  await run();
  if (signal.aborted) return;
  const timer = new Cron(
    schedule ?? '* * * * * *',
    {
      // A cycle that is due while another one is at work is not made up for: that one deletes its rows as well.
      protect: onMissed,
      ...(schedule === undefined ? everySoOften(pauseMs) : {}),
    },
    async () => {
      await run();
      onWaiting(timer.nextRun());
    },
  );
  onWaiting(timer.nextRun());
  // For ever, but for the signal.
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
  timer.stop();
  await atWork;
}

function everySoOften(pauseMs: number) {
  return { interval: Math.round(pauseMs / 1_000), startAt: new Date(Date.now() + pauseMs) };
}

/** @returns what is wrong with a cron expression; undefined where nothing is */
export function scheduleFault(schedule: string): string | undefined {
  try {
    const timer = new Cron(schedule, { paused: true });
    return timer.nextRun() === null ? 'It never matches.' : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
