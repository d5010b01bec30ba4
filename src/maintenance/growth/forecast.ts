/**
 * When a size will be reached, as a range. The rate is the median of those between all pairs of daily samples (Theil and
 * Sen's), which a purge or a day of imports does not bend as it does a mean; the range is what eight tenths of the pairs lie in.
 */
import { DAY_MS } from '../../schema/index.ts';
import { firstOfEachDay, type Point } from './change.ts';

/** Fewer samples, or of less time, say nothing of the next months. */
export const LEAST_SAMPLES = 7;
export const LEAST_DAYS = 7;
/** Where there is enough time between samples, weekdays against weekends are none of the growth. */
const APART_DAYS = 7;
const LOW = 0.1;
const HIGH = 0.9;
const HORIZON_YEARS = 10;
const HORIZON_MS = HORIZON_YEARS * 365.25 * DAY_MS;

export interface Rate {
  /** Bytes a day; negative where it shrinks. */
  readonly perDay: number;
  readonly low: number;
  readonly high: number;
  /** Daily samples that it follows from, and the days between the first and the last. */
  readonly samples: number;
  readonly days: number;
}

export interface Reach {
  /** In milliseconds since the epoch; null is not within ten years. */
  readonly earliest: number | null;
  readonly latest: number | null;
}

/** @returns null where there are too few samples */
export function rateOf(points: readonly Point[]): Rate | null {
  const daily = firstOfEachDay(points);
  const [first, last] = [daily[0], daily.at(-1)];
  if (!first || !last || daily.length < LEAST_SAMPLES) return null;
  // A day that is a little shorter, as a timer is not always on the second.
  const days = Math.round((last.at - first.at) / DAY_MS);
  if (days < LEAST_DAYS) return null;
  const slopes = slopesOf(daily, days >= 2 * APART_DAYS ? APART_DAYS : 1);
  return {
    perDay: quantile(slopes, 0.5),
    low: quantile(slopes, LOW),
    high: quantile(slopes, HIGH),
    samples: daily.length,
    days,
  };
}

/** @param bytes that are left until then @param now in milliseconds since the epoch */
export function reachOf(bytes: number, { low, high }: Pick<Rate, 'low' | 'high'>, now: number): Reach {
  return { earliest: when(bytes, high, now), latest: when(bytes, low, now) };
}

function when(bytes: number, perDay: number, now: number): number | null {
  if (bytes <= 0) return now;
  const away = perDay > 0 ? (bytes / perDay) * DAY_MS : Number.POSITIVE_INFINITY;
  return away > HORIZON_MS ? null : now + away;
}

function slopesOf(points: readonly Point[], apart: number): Float64Array {
  const slopes: number[] = [];
  points.forEach((from, at) => {
    for (const to of points.slice(at + 1)) {
      const days = (to.at - from.at) / DAY_MS;
      if (Math.round(days) >= apart) slopes.push((to.bytes - from.bytes) / days);
    }
  });
  return Float64Array.from(slopes).sort();
}

/** Between the two that are nearest to it. */
function quantile(sorted: Float64Array, share: number): number {
  const at = (sorted.length - 1) * share;
  const below = sorted[Math.floor(at)] ?? 0;
  const above = sorted[Math.ceil(at)] ?? below;
  return below + (above - below) * (at - Math.floor(at));
}
