/** All duties, in the order of a cycle: what destroys nothing comes first. */
import { counters } from './counters.ts';
import { credentials } from './credentials.ts';
import type { Duty } from './duty.ts';
import { history } from './history.ts';
import { logPruning } from './log-pruning.ts';
import { orphans } from './orphans.ts';
import { retention } from './retention.ts';
import { schedules } from './schedules.ts';
import { sizeSamples } from './size-samples.ts';
import { space } from './space.ts';
import { staleJobs } from './stale-jobs.ts';
import { statistics } from './statistics.ts';
import { temporaryFiles } from './temporary-files.ts';
import { tokens } from './tokens.ts';

export const DUTIES: readonly Duty[] = [
  sizeSamples,
  statistics,
  counters,
  schedules,
  credentials,
  tokens,
  temporaryFiles,
  logPruning,
  retention,
  orphans,
  history,
  // After the purges: a job that ends here has its full age only in the next cycle.
  staleJobs,
  space,
];
