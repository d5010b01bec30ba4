/** The front door of the sample: fills a migrated database with a history as a platform leaves it. */
import type { Engine } from '../engines/index.ts';
import { isMultiFlexiError } from '../errors.ts';
import { requireMigrated } from '../migrations/index.ts';
import { brokenRule, interruptedSample } from './failures.ts';
import { firstIds, refuseJobs } from './first-ids.ts';
import { history } from './history.ts';
import { load, type SampleProgress } from './load.ts';

export type { SampleProgress } from './load.ts';

export interface SampleOptions {
  /** How many jobs, exactly; each brings about two artifacts and five log entries. */
  readonly jobs: number;
  /** How long the history is. */
  readonly days: number;
  /** The same seed makes the same rows; of a number beyond 32 bits, the lowest 32 count. */
  readonly seed: number;
  /** End of the history, UTC ms since the epoch; nothing is dated from the clock. */
  readonly until: number;
  /** Adds the history to a database that has jobs already. */
  readonly force: boolean;
  readonly onProgress?: (progress: SampleProgress) => void;
  /** Checked between blocks of rows; what was written until then is kept. */
  readonly signal?: AbortSignal;
}

export interface SampleReport {
  /** In the order in which they were filled. */
  readonly tables: readonly { readonly table: string; readonly rows: number }[];
  readonly milliseconds: number;
}

/**
 * Fills the tables of a migrated database. The same options give an empty database the very same rows, on
 * every engine. In a database with rows, ids continue after the highest of each table, and unique names of the
 * new rows have the first of these ids for a suffix, so that loads can be repeated with one seed.
 *
 * Not one transaction: when it fails or is aborted, the rows written until then are kept, parents before children.
 * @throws NOT_MIGRATED, FOREIGN_DATABASE; HAS_JOBS without `force`; USAGE; the signal's reason; what engines throw
 */
export async function loadSample(engine: Engine, options: SampleOptions): Promise<SampleReport> {
  const { force, onProgress, signal } = options;
  requireSense(options);
  const started = performance.now();
  await requireMigrated(engine);
  if (!force) await refuseJobs(engine);
  const first = await firstIds(engine);
  const begun = { rows: 0 };
  const note = (progress: SampleProgress) => {
    begun.rows = Math.max(begun.rows, progress.rows);
    onProgress?.(progress);
  };
  const written = await load(engine, history(options), first, { onProgress: note, signal }).catch(
    (error: unknown) => {
      throw begun.rows > 0 && isMultiFlexiError(error) ? interruptedSample(error) : error;
    },
  );
  return {
    tables: [...written].map(([table, rows]) => ({ table, rows })),
    milliseconds: Math.round(performance.now() - started),
  };
}

/** Microseconds of later years would not be exact any more. */
const LATEST_YEAR = 2250;

/** @throws USAGE: a history without length or with a fraction of a job would fail later, and not as clearly. */
function requireSense({ jobs, days, seed, until }: SampleOptions): void {
  const rules: readonly (readonly [kept: boolean, rule: string])[] = [
    [Number.isSafeInteger(jobs) && jobs >= 0, 'The number of jobs must be a whole number, 0 or more'],
    [days > 0 && days <= 36_500, 'The length of the history must be more than 0 and at most 36500 days'],
    [Number.isSafeInteger(seed), 'The seed must be a whole number'],
    [
      Number.isSafeInteger(until) && until >= 0 && until < Date.UTC(LATEST_YEAR, 0),
      `The end of the history must be an instant from 1970 to before ${LATEST_YEAR}`,
    ],
  ];
  for (const [kept, rule] of rules) {
    if (!kept) throw brokenRule(rule);
  }
}
