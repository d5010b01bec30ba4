/** Filling a database with a made-up history. */
import { loadSample as load, type SampleReport } from '../sample/index.ts';
import type { TaskContext } from './context.ts';

export interface SampleRequest {
  readonly jobs: number;
  readonly days: number;
  /** Which history. */
  readonly seed: number;
  /** When it ends, in milliseconds since the epoch; the last midnight in UTC where it is not given. */
  readonly until?: number | undefined;
  /** Also into a database that has jobs. */
  readonly force?: boolean | undefined;
}

const DAY_MS = 86_400_000;

/** @throws NOT_MIGRATED, HAS_JOBS, USAGE */
export function loadSample(
  { engine, signal, onProgress }: TaskContext,
  { jobs, days, seed, until = lastMidnight(), force = false }: SampleRequest,
): Promise<SampleReport> {
  return load(engine, {
    jobs,
    days,
    seed,
    until,
    force,
    ...(signal === undefined ? {} : { signal }),
    onProgress: ({ rows: done }) => onProgress?.({ activity: 'loading', done, expected: done, unit: 'rows' }),
  });
}

/** In UTC, so that everybody loads the same history on the same day. */
function lastMidnight(): number {
  return Math.floor(Date.now() / DAY_MS) * DAY_MS;
}
