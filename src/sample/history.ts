import { DAY, HOUR, MILLISECOND } from './instant.ts';

/** What decides every row of a sample, besides the ids it begins with. */
export interface History {
  readonly jobs: number;
  readonly seed: number;
  /** Microseconds since the epoch, as is {@link until}; whole hours before it. */
  readonly start: number;
  readonly until: number;
}

export function history(options: {
  readonly jobs: number;
  readonly days: number;
  readonly seed: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
}): History {
  const until = options.until * MILLISECOND;
  const start = until - Math.ceil((options.days * DAY) / HOUR) * HOUR;
  return { jobs: options.jobs, seed: options.seed, start, until };
}
