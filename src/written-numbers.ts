/** Numbers as people read them. */
import prettyBytes from 'pretty-bytes';

let grouped: Intl.NumberFormat | undefined;

/** `4711` as `4,711`. */
export function rows(count: number): string {
  // Only where something is to be grouped: it takes a tenth of the start-up.
  if (Number.isInteger(count) && count >= 0 && count < 1000) return String(count);
  grouped ??= new Intl.NumberFormat('en');
  return grouped.format(count);
}

/** A number with its noun: `1 difference`, `2,000 differences`, `0 indexes`. @param many the plural, where it is not formed by an s */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${rows(count)} ${count === 1 ? one : many}`;
}

/** `2026-11-27T02:08:26.941Z` as `2026-11-27 02:08:26 UTC`. */
export function utcText(instant: string): string {
  return `${instant.slice(0, 19).replace('T', ' ')} UTC`;
}

/** `1536` as `1.5 KiB`. */
export function bytes(count: number): string {
  return prettyBytes(count, { binary: true });
}

export function seconds(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}
