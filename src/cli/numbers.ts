/** Numbers of the command line: read strictly, written for people. */
import { InvalidArgumentError } from 'commander';
import prettyBytes from 'pretty-bytes';

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
  // Date.parse takes 31 February for a day of March.
  if (Number.isNaN(date) || (text.length === 10 && new Date(date).toISOString().slice(0, 10) !== text)) {
    throw new InvalidArgumentError('It must be a date as 2026-01-31 or an instant as 2026-01-31T12:00:00Z.');
  }
  return date;
}

export function bytes(count: number): string {
  return prettyBytes(count, { binary: true });
}

let grouped: Intl.NumberFormat | undefined;

export function rows(count: number): string {
  // Made when it is needed: it takes a tenth of the start-up.
  grouped ??= new Intl.NumberFormat('en');
  return grouped.format(count);
}

export function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
