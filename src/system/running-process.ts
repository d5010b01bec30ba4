/** Which process a number means: numbers are used again. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { processExists } from './process-existence.ts';

/** Clocks are set; a process counts as another one only when it began clearly later. */
const CLOCK_MS = 60_000;

/** As the tables have it, too long a name cut off. */
export function thisHost(): string {
  return hostname().slice(0, 255);
}

/**
 * Whether a process of this host that was there at that instant has ended; another one may have its number now.
 * @param at in milliseconds since the epoch
 */
export function hasEnded(pid: number, at: number): boolean {
  if (!processExists(pid)) return true;
  // After a restart, of the machine or of a container, the same number is another process's: even this one's.
  const began = pid === process.pid ? performance.timeOrigin : beginningOf(pid);
  return began !== undefined && began > at + CLOCK_MS;
}

/** Linux counts in hundredths of a second since the machine was started. */
const TICKS_PER_SECOND = 100;

/** In milliseconds since the epoch; undefined where the system does not tell. */
function beginningOf(pid: number): number | undefined {
  try {
    const [, sinceBoot] = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8')) ?? [];
    // Behind the name, which may have spaces and brackets in it, the start is the 20th field.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const ticks = Number(fields[19]);
    return sinceBoot === undefined || Number.isNaN(ticks)
      ? undefined
      : (Number(sinceBoot) + ticks / TICKS_PER_SECOND) * 1_000;
  } catch {
    return undefined;
  }
}
