/** When jobs come: more by day than by night, and fewer at weekends. */
import type { History } from './history.ts';
import { DAY, HOUR } from './instant.ts';
import type { Random } from './random.ts';

/** The epoch was a Thursday. */
const EPOCH_WEEKDAY = 4;

/**
 * An instant for each job, ascending. Each of them has its own slice of the work to be done, so they ascend
 * without being sorted or kept.
 */
export function* arrivals({ jobs, start, until }: History, random: Random): Generator<number> {
  const hours = (until - start) / HOUR;
  let total = 0;
  for (let hour = 0; hour < hours; hour++) total += weight(start + hour * HOUR);
  let hour = 0;
  let before = 0;
  let current = weight(start);
  for (let index = 0; index < jobs; index++) {
    const position = ((index + random.unit()) / jobs) * total;
    while (position >= before + current && hour < hours - 1) {
      before += current;
      hour++;
      current = weight(start + hour * HOUR);
    }
    yield Math.floor(start + hour * HOUR + ((position - before) / current) * HOUR);
  }
}

/** Multiples of a quarter: their sums are exact, whatever their order. */
function weight(instant: number): number {
  const day = Math.floor(instant / DAY);
  const weekday = (day + EPOCH_WEEKDAY) % 7;
  const hour = Math.floor((instant - day * DAY) / HOUR);
  const working = hour >= 6 && hour < 17 ? 3 : 1;
  return weekday === 0 || weekday === 6 ? working / 4 : working;
}
