/** How far to go: a version, a date, or everything. */
import { noSuchVersion, notADate, notAVersion, versionAndDate } from './failures.ts';
import { VERSION_PATTERN } from './migration.ts';

/** As a person has specified it; with none of them, the default of the command. */
export interface Target {
  readonly target?: string | undefined;
  /** `YYYY[MM[DD[HH[II[SS]]]]]` */
  readonly date?: string | undefined;
}

const EARLIEST = '00000101000000';

/**
 * @returns everything up to and including this version is meant; `0` is before the first
 * @throws UNKNOWN_TARGET for a version that neither the program nor the ledger has, USAGE for what is no date
 */
export function targetOf({ target, date }: Target, versions: readonly string[]): string | undefined {
  if (target !== undefined && date !== undefined) throw versionAndDate();
  if (date !== undefined) return versionOfDate(date);
  if (target === undefined || target === '0') return target;
  const newest = [...versions].sort().at(-1);
  if (!VERSION_PATTERN.test(target)) throw notAVersion(target, newest);
  if (!versions.includes(target)) throw noSuchVersion(target, newest);
  return target;
}

/** What is missing of a date is its beginning, as Phinx has it: `2025` is 20250101000000. */
function versionOfDate(date: string): string {
  const version = /^\d{4}(\d\d){0,5}$/.test(date) ? date + EARLIEST.slice(date.length) : '';
  const iso = version.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6.000Z');
  const time = Date.parse(iso);
  if (!Number.isNaN(time) && new Date(time).toISOString() === iso) return version;
  throw notADate(date);
}
