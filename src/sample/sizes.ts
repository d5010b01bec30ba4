/** How large the files that jobs leave are: nearly all small, and a few so large that they weigh as much. */
import type { Random } from './random.ts';

export const LARGEST = 64 * 1024;

const MEDIAN = 290;
const SPREAD = 0.8;
/** The part that is large: anything up to the largest, each doubling as likely as the next. */
const LARGE = 0.02;
const LARGE_FROM = 800;

export function skewedSize(random: Random): number {
  if (random.chance(LARGE))
    return Math.floor(LARGE_FROM * Math.exp(random.unit() * Math.log(LARGEST / LARGE_FROM)));
  // Four together are near enough to a normal distribution, with a variance of a third.
  const normal = (random.unit() + random.unit() + random.unit() + random.unit() - 2) * Math.sqrt(3);
  return Math.floor(MEDIAN * Math.exp(SPREAD * normal));
}
