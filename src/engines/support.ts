/**
 * Until when the makers of a server fix its faults, as they have announced it. A release that is not listed is not judged.
 *
 * Where each date is from (read on 2026-11-27):
 * - PostgreSQL: https://www.postgresql.org/support/versioning/ ("Final Release"). 13 to 16 are the same in the copy of that
 *   table in endoflife-date/endoflife.date, products/postgresql.md, which has 14 November 2024 for 12. For 12, 17 and 18 only the
 *   month was found confirmed; the days of 17 and 18 are its second Thursday, on which each version's last release is planned.
 * - MariaDB: https://mariadb.org/about/#maintenance-policy, compared with products/mariadb.md there. Newer long-term releases (11.8
 *   and later) are missing, as no copy of the policy with them was at hand.
 * - MySQL: https://www.oracle.com/us/support/library/lifetime-support-technology-069183.pdf, the end of extended support, compared
 *   with products/mysql.md there. 9.7 is a long-term release too, but the end of its support is not announced there.
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
