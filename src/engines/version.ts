/** Versions of servers: read from their own words, compared number by number. */
import { serverTooOld } from './failures.ts';

export type Version = readonly number[];

/** The first dotted number in the text: `8.0.42` of `8.0.42-0ubuntu`, `15.18` of `PostgreSQL 15.18 (Debian …)`. */
export function parseVersion(text: string): Version {
  return (/\d+(?:\.\d+)*/.exec(text)?.[0] ?? '0').split('.').map(Number);
}

/** Missing parts count as zero: `8.0` is `8.0.0`. */
export function compareVersions(a: Version, b: Version): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** @throws SERVER_TOO_OLD */
export function requireVersion(product: string, found: Version, minimum: Version, reason: string): void {
  if (compareVersions(found, minimum) >= 0) return;
  throw serverTooOld(product, found.join('.'), minimum.join('.'), reason);
}
