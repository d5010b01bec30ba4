/** Instants of the sample: microseconds since the epoch, in UTC, and the text that the engines take. */

export const MILLISECOND = 1_000;
export const SECOND = 1_000 * MILLISECOND;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const TWO = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
const THREE = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(3, '0'));

let day = Number.NaN;
let dayText = '';

/**
 * `YYYY-MM-DD HH:MM:SS.ffffff`. Millions of them are written, mostly of one day after another: the day is kept,
 * the rest is looked up, and no `Date` is made.
 */
export function instantText(instant: number): string {
  const days = Math.floor(instant / DAY);
  if (days !== day) {
    day = days;
    dayText = new Date((days * DAY) / MILLISECOND).toISOString().slice(0, 10);
  }
  const within = instant - days * DAY;
  const seconds = Math.floor(within / SECOND);
  const fraction = within - seconds * SECOND;
  const milliseconds = Math.floor(fraction / 1_000);
  return `${dayText} ${TWO[Math.floor(seconds / 3_600)]}:${TWO[Math.floor(seconds / 60) % 60]}:${TWO[seconds % 60]}.${THREE[milliseconds]}${THREE[fraction - milliseconds * 1_000]}`;
}

export function instantOrNull(instant: number | null): string | null {
  return instant === null ? null : instantText(instant);
}
