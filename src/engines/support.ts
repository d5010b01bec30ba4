/**
 * Until when the makers of a server fix its faults, as they have announced it (https://www.postgresql.org/support/versioning/,
 * MariaDB's maintenance policy, MySQL's lifetime support). A release that is not listed here is not judged.
 */
import type { Version } from './version.ts';

/** By the release's first numbers, the day on which support ends. */
export type SupportEnds = Readonly<Record<string, string>>;

export const POSTGRESQL_SUPPORT: SupportEnds = {
  '12': '2024-11-21',
  '13': '2025-11-13',
  '14': '2026-11-12',
  '15': '2027-11-11',
  '16': '2028-11-09',
  '17': '2029-11-08',
  '18': '2030-11-14',
};

export const MARIADB_SUPPORT: SupportEnds = {
  '10.4': '2024-06-18',
  '10.5': '2025-06-24',
  '10.6': '2026-07-06',
  '10.11': '2028-02-16',
  '11.4': '2029-05-29',
};

export const MYSQL_SUPPORT: SupportEnds = {
  '8.0': '2026-04-30',
  '8.4': '2032-04-30',
};

/** @returns `YYYY-MM-DD`; null where that is not known */
export function supportEnd(ends: SupportEnds, version: Version): string | null {
  return ends[version.slice(0, 2).join('.')] ?? ends[String(version[0])] ?? null;
}
