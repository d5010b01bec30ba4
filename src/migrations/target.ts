/** How far to go: a version, a date, or everything. */
import { MultiFlexiError } from '../errors.ts';
import { VERSION_PATTERN } from './migration.ts';

/** As given on the command line; none of them means the default of the command. */
export interface TargetWords {
  readonly target?: string | undefined;
  /** `YYYY[MM[DD[HH[II[SS]]]]]` */
  readonly date?: string | undefined;
}

/** Everything up to and including this version; `0` is before the first. */
type Target = string | undefined;

const EARLIEST = '00000101000000';

/** @throws UNKNOWN_TARGET for a version that neither the program nor the ledger has, USAGE for what is no date */
export function targetOf({ target, date }: TargetWords, versions: readonly string[]): Target {
  if (target !== undefined && date !== undefined) {
    throw new MultiFlexiError('USAGE', 'Both a version and a date are given.', {
      next: 'Give -t or -d, not both.',
    });
  }
  if (date !== undefined) return versionOfDate(date);
  if (target === undefined || target === '0') return target;
  if (VERSION_PATTERN.test(target) && versions.includes(target)) return target;
  const why = VERSION_PATTERN.test(target) ? 'There is no migration' : 'Not a version of a migration:';
  throw new MultiFlexiError('UNKNOWN_TARGET', `${why} ${target}; nothing was done.`, {
    next: `Versions have the form YYYYMMDDHHMMSS; db:status lists them (the newest is ${[...versions].sort().at(-1) ?? 'none'}).`,
  });
}

/** What is missing of a date is its beginning, as Phinx has it: `2025` is 20250101000000. */
function versionOfDate(date: string): string {
  const version = /^\d{4}(\d\d){0,5}$/.test(date) ? date + EARLIEST.slice(date.length) : '';
  const iso = version.replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3T$4:$5:$6.000Z');
  const time = Date.parse(iso);
  if (!Number.isNaN(time) && new Date(time).toISOString() === iso) return version;
  throw new MultiFlexiError('USAGE', `Not a date: ${date}.`, {
    next: 'Write it as YYYY, YYYYMM, YYYYMMDD, or on to YYYYMMDDHHMMSS.',
  });
}
