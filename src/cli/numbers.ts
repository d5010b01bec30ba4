/** Numbers of the command line: read strictly, written for people. */
import { InvalidArgumentError } from 'commander';
import { agoIn, daysIn, durationIn, futureEndIn, instantIn } from '../written-times.ts';

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
  return readable(
    instantIn(text),
    'It must be a date (2026-01-31) or a date and time (2026-01-31T12:00:00Z).',
  );
}

/** A day, which means all of it, or an instant as {@link instant} takes it: when it is over, in milliseconds since the epoch. */
export function futureEnd(text: string): number {
  return readable(
    futureEndIn(text),
    'It must be today or a later day (2027-06-30), or a time in the future (2027-06-30T12:00:00Z), in UTC.',
  );
}

/**
 * An age as `90d` (also h, w, m for months, y), or a date: the instant before which things are too old, in
 * milliseconds since the epoch. A month is that of the calendar.
 */
export function before(text: string): number {
  return readable(agoIn(text), 'It must be an age (12h, 90d, 8w, 6m, 2y) or a past date (2026-01-31).');
}

/** A time as `90s`, `10m` or `2h`, in milliseconds; up to a week. */
export function duration(text: string): number {
  return readable(durationIn(text), 'It must be a time (90s, 10m, 2h), at most a week.');
}

/** An age of a policy, in days. */
export function days(text: string): number {
  return readable(daysIn(text), 'It must be an age (90d, 8w, 2y), at most a hundred years.');
}

function readable(value: number, rule: string): number {
  if (!Number.isNaN(value)) return value;
  throw new InvalidArgumentError(rule);
}
