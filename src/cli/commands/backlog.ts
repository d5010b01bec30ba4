/** What a purge leaves, in words and as JSON: when it will be gone, or that it becomes more. */
import type { Forecast } from '../../cleanup/index.ts';
import { rows } from '../numbers.ts';

const DAY_MS = 86_400_000;

/** @param now in milliseconds since the epoch */
export function backlogWords(backlog: Forecast, now: number): string {
  const { left, growsPerHour, deletedPerHour, goneAt, grows } = backlog;
  const rest = `${rows(left)} rows are left`;
  if (growsPerHour === null || deletedPerHour === null)
    return `${rest}; after the next run it can be said when they will be gone.`;
  if (grows) {
    const [come, go] = [rows(Math.round(growsPerHour)), rows(Math.round(deletedPerHour))];
    return `${rest}, and they become more: ${come} an hour come due, ${go} an hour are deleted. Give it a longer --time-budget or run it more often.`;
  }
  if (goneAt === null) return `${rest}; at this pace they are not gone within a hundred years.`;
  const soon = Date.parse(goneAt) - now < 2 * DAY_MS;
  return `${rest}; at this pace they are gone on ${soon ? `${goneAt.slice(0, 16).replace('T', ' ')} UTC` : goneAt.slice(0, 10)}.`;
}

export function backlogDocument({ left, growsPerHour, deletedPerHour, goneAt, grows }: Forecast) {
  return {
    rows_left: left,
    grows_per_hour: growsPerHour === null ? null : Math.round(growsPerHour),
    deleted_per_hour: deletedPerHour === null ? null : Math.round(deletedPerHour),
    gone_at: goneAt,
    grows,
  };
}
