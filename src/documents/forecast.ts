import type { Forecast } from '../tasks/index.ts';

/** When a backlog will be gone. */
export function backlogOf({ left, growsPerHour, deletedPerHour, goneAt, grows }: Forecast) {
  return {
    rows_left: left,
    grows_per_hour: growsPerHour === null ? null : Math.round(growsPerHour),
    deleted_per_hour: deletedPerHour === null ? null : Math.round(deletedPerHour),
    gone_at: goneAt,
    grows,
  };
}
