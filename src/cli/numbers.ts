/** Numbers of the command line: read strictly, written for people. */
import { InvalidArgumentError } from 'commander';

export { bytes, counted, rows, seconds, utcText } from '../written-numbers.ts';

/** A parser for an option: digits alone, between the bounds. Blank, signed, fractional and huge values are refused. */
export function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
  };
}

/** An instant in UTC: `2026-01-31` (its midnight) or an ISO 8601 date and time with a zone. In milliseconds since the epoch. */
export function instant(text: string): number {
  const date = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(date) || !isDayOfCalendar(text.slice(0, 10))) {
    throw new InvalidArgumentError(
      'It must be a date (2026-01-31) or a date and time (2026-01-31T12:00:00Z).',
    );
  }
  return date;
}

/** Date.parse takes 31 February for a day of March. */
function isDayOfCalendar(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

const DAY_MS = 86_400_000;
/** The last instant that every engine can keep. */
const LAST_INSTANT = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** A day, which means all of it, or an instant as {@link instant} takes it: when it is over, in milliseconds since the epoch. */
export function futureEnd(text: string): number {
  const begins = instantOrNaN(text);
  const end = text.length === 10 ? Math.min(begins + DAY_MS, LAST_INSTANT) : begins;
  if (end > Date.now()) return end;
  throw new InvalidArgumentError(
    'It must be today or a later day (2027-06-30), or a time in the future (2027-06-30T12:00:00Z), in UTC.',
  );
}

/**
 * An age as `90d` (also h, w, m for months, y), or a date: the instant before which things are too old, in
 * milliseconds since the epoch. A month is that of the calendar.
 */
export function before(text: string): number {
  const [, digits, unit] = /^(\d{1,6})([hdwmy])$/.exec(text) ?? [];
  const value = digits === undefined ? instantOrNaN(text) : ago(Number(digits), unit ?? '');
  if (value <= Date.now() && value >= 0) return value;
  throw new InvalidArgumentError('It must be an age (12h, 90d, 8w, 6m, 2y) or a past date (2026-01-31).');
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

function instantOrNaN(text: string): number {
  try {
    return instant(text);
  } catch {
    return Number.NaN;
  }
}

/** A time as `90s`, `10m` or `2h`, in milliseconds; up to a week. */
export function duration(text: string): number {
  const [, digits, unit] = /^(\d{1,6})([smh])$/.exec(text) ?? [];
  const value =
    Number(digits ?? Number.NaN) * { s: 1_000, m: 60_000, h: 3_600_000 }[(unit ?? 's') as 's' | 'm' | 'h'];
  if (value > 0 && value <= 7 * DAY_MS) return value;
  throw new InvalidArgumentError('It must be a time (90s, 10m, 2h), at most a week.');
}
