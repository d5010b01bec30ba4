/** What databases keep, in the numbers of this process. */
import { instantMs } from '../../engines/index.ts';

/** Instants are shown and reckoned with between these: far from all that is, and what is added to them is a date as well. */
const [EARLIEST, LATEST] = [Date.UTC(1000, 0, 1), Date.UTC(9999, 0, 1)];

/**
 * @param instant in the form of the engines' contract; a date that cannot be counts as long ago, or as far in the future
 * @returns milliseconds since the epoch
 */
export function atMilliseconds(instant: string): number {
  return Math.min(LATEST, Math.max(EARLIEST, instantMs(instant)));
}

export function numberOrNull(value: bigint | null): number | null {
  return value === null ? null : Number(value);
}
