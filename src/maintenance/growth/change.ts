/** What has changed since some days ago, where there are samples that say so. */
import { DAY_MS } from '../../schema/index.ts';

export interface Point {
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly bytes: number;
  readonly rows: number | null;
}

const HOUR_MS = 3_600_000;

/** Days that changes are told over, and how far from that a sample may be, in milliseconds. */
export const NEAR_MS: ReadonlyMap<number, number> = new Map([
  [1, 3 * HOUR_MS],
  [7, 12 * HOUR_MS],
  [30, 36 * HOUR_MS],
  [365, 72 * HOUR_MS],
]);
/** How old the last figure may be to be taken for today's. */
const FRESH_MS = 3 * HOUR_MS;

export interface Change {
  readonly days: number;
  /** Null, which is unknown, where there is no sample of then or of now. */
  readonly bytes: number | null;
  readonly rows: number | null;
}

/** @param points oldest first @param now in milliseconds since the epoch */
export function changesOf(points: readonly Point[], now: number): Change[] {
  return [...NEAR_MS].map(([days, near]) => {
    const today = closest(points, now, FRESH_MS);
    const then = closest(points, now - days * DAY_MS, near);
    if (!today || !then) return { days, bytes: null, rows: null };
    const rows = today.rows === null || then.rows === null ? null : today.rows - then.rows;
    return { days, bytes: today.bytes - then.bytes, rows };
  });
}

function closest(points: readonly Point[], to: number, within: number): Point | undefined {
  const far = (point: Point) => Math.abs(point.at - to);
  return points
    .filter((point) => far(point) <= within)
    .reduce<Point | undefined>(
      (best, each) => (best === undefined || far(each) < far(best) ? each : best),
      undefined,
    );
}

/** A size of each of the days (UTC) up to today, oldest first; null for those without a sample. */
export function dailySizes(points: readonly Point[], now: number, days: number): (number | null)[] {
  const sizes: (number | null)[] = Array.from({ length: days }, () => null);
  for (const { at, bytes } of points) {
    const day = days - 1 - (Math.floor(now / DAY_MS) - Math.floor(at / DAY_MS));
    if (day >= 0 && day < days) sizes[day] = bytes;
  }
  return sizes;
}

/** One a day (UTC), the first. */
export function firstOfEachDay(points: readonly Point[]): Point[] {
  return [...Map.groupBy(points, ({ at }) => Math.floor(at / DAY_MS)).values()].flatMap(
    ([first]) => first ?? [],
  );
}
