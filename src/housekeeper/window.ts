/** The hours of the day in which rows and files may be deleted, in local time. */
import type { HoursOfDay } from '../settings/index.ts';

const ONE_DAY = 24 * 60;

/** @returns how long it still is open, in milliseconds; 0 while it is closed; undefined where there is none */
export function openFor(window: HoursOfDay | null, now: Date): number | undefined {
  if (window === null) return undefined;
  const minute = now.getHours() * 60 + now.getMinutes();
  const length = (window.to - window.from + ONE_DAY) % ONE_DAY || ONE_DAY;
  const since = (minute - window.from + ONE_DAY) % ONE_DAY;
  if (since >= length) return 0;
  // By the calendar: on a day when clocks are changed, an hour of the window is missing or comes twice.
  const end = new Date(now);
  end.setHours(now.getHours(), now.getMinutes() + length - since, 0, 0);
  return Math.max(0, end.getTime() - now.getTime());
}

/** As in `22:30–06:00`. */
export function windowText({ from, to }: HoursOfDay): string {
  return `${clock(from)}–${clock(to)}`;
}

function clock(minute: number): string {
  const part = (value: number) => String(value).padStart(2, '0');
  return `${part(Math.floor(minute / 60))}:${part(minute % 60)}`;
}
