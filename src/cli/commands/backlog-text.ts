/** What a purge leaves: when it will be gone, or that it grows. */
import type { Forecast } from '../../tasks/index.ts';
import { counted, rows } from '../numbers.ts';

const DAY_MS = 86_400_000;

/** @param now in milliseconds since the epoch */
export function backlogText(backlog: Forecast, now: number): string {
  const { left, growsPerHour, deletedPerHour, goneAt, grows } = backlog;
  const rest = counted(left, 'row is left', 'rows are left');
  if (growsPerHour === null || deletedPerHour === null)
    return `${rest}; an estimate follows after the next run.`;
  if (grows) {
    const [due, deleted] = [rows(Math.round(growsPerHour)), rows(Math.round(deletedPerHour))];
    return `${rest}, and the backlog is growing: ${due} rows an hour become due, ${deleted} are deleted. Use a longer --time-budget, or run it more often.`;
  }
  if (goneAt === null) return `${rest}; at this pace it would take more than a hundred years.`;
  const soon = Date.parse(goneAt) - now < 2 * DAY_MS;
  return `${rest}; at this pace they will be deleted by ${soon ? `${goneAt.slice(0, 16).replace('T', ' ')} UTC` : goneAt.slice(0, 10)}.`;
}
