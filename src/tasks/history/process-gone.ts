/** Whether the process that a row of the history names has come to its end without a word. */
import { hasEnded, thisHost } from '../../system/index.ts';

/** What a run says of its process. */
export interface RunProcess {
  readonly host: string;
  readonly pid: number;
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
}

/** Longer than any run waits and works: of other machines' processes nothing else is known. */
const LONGEST_RUN_MS = 9 * 86_400_000;

export function isProcessGone({ host, pid, startedAt }: RunProcess): boolean {
  return host === thisHost() ? hasEnded(pid, startedAt) : Date.now() - startedAt > LONGEST_RUN_MS;
}
