/** Times as people write them. What cannot be read is NaN. */

const DAY_MS = 86_400_000;
/** The last instant that every engine can keep. */
const LAST_INSTANT = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** An instant in UTC: `2026-01-31` (its midnight) or an ISO 8601 date and time with a zone. In milliseconds since the epoch. */
export function instantIn(text: string): number {
  const date = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  return isDayOfCalendar(text.slice(0, 10)) ? date : Number.NaN;
}

/** Date.parse takes 31 February for a day of March. */
function isDayOfCalendar(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

/** A day, which means all of it, or an instant as {@link instantIn} takes it: when it is over, if that is in the future. */
export function futureEndIn(text: string): number {
  const begins = instantIn(text);
  const end = text.length === 10 ? Math.min(begins + DAY_MS, LAST_INSTANT) : begins;
  return end > Date.now() ? end : Number.NaN;
}

/**
 * An age as `90d` (also h, w, m for months, y), or a past date: the instant before which things are too old, in
 * milliseconds since the epoch. A month is that of the calendar.
 */
export function agoIn(text: string): number {
  const [, digits, unit] = /^(\d{1,6})([hdwmy])$/.exec(text) ?? [];
  const value = digits === undefined ? instantIn(text) : ago(Number(digits), unit ?? '');
  return value <= Date.now() && value >= 0 ? value : Number.NaN;
}

function ago(count: number, unit: string): number {
  if (count === 0) return Number.NaN;
  const now = new Date();
  if (unit === 'm' || unit === 'y') {
    const day = now.getUTCDate();
    now.setUTCDate(1);
    now.setUTCMonth(now.getUTCMonth() - count * (unit === 'y' ? 12 : 1));
    // 31 March less a month is the last day of February.
    now.setUTCDate(
      Math.min(day, new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 0)).getUTCDate()),
    );
    return now.getTime();
  }
  return now.getTime() - count * { h: DAY_MS / 24, d: DAY_MS, w: 7 * DAY_MS }[unit as 'h' | 'd' | 'w'];
}

/** A time as `90s`, `10m` or `2h`, in milliseconds; up to a week. */
export function durationIn(text: string): number {
  const [, digits, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  const value =
    Number(digits ?? Number.NaN) * { s: 1_000, m: 60_000, h: 3_600_000 }[(unit ?? 's') as 's' | 'm' | 'h'];
  return value > 0 && value <= 7 * DAY_MS ? value : Number.NaN;
}

/** An age as `90d`, `8w` or `2y`, in days; at most a hundred years. */
export function daysIn(text: string): number {
  const [, digits, unit] = /^(\d{1,5})([dwy])$/.exec(text) ?? [];
  const days = Number(digits ?? Number.NaN) * { d: 1, w: 7, y: 365 }[(unit ?? 'd') as 'd' | 'w' | 'y'];
  return days >= 1 && days <= 36_500 ? days : Number.NaN;
}
