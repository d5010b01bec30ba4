/** The rules that most tests of a purge have: finished jobs, by their age or their number, of everybody. */
import { type JobRule, type RuleBook, sameForAll } from '../../src/cleanup/index.ts';
import { FINISHED } from '../../src/schema/index.ts';

/** All finished jobs, but for what is said otherwise. */
export function finishedJobs(otherwise: Partial<JobRule> = {}): JobRule {
  return {
    keep: null,
    keepPerTemplate: null,
    keepLastSuccess: false,
    olderThan: null,
    statuses: FINISHED,
    ...otherwise,
  };
}

export function jobsOlderThan(instant: string): RuleBook {
  return sameForAll(null, finishedJobs({ olderThan: instant }), undefined);
}

/** Log entries go by their own age as well, before the jobs. */
export function jobsAndLogsOlderThan(instant: string): RuleBook {
  const logs = { keep: null, keepPerCompany: null, olderThan: instant };
  return sameForAll(null, finishedJobs({ olderThan: instant }), logs);
}

export function everyFinishedJob(): RuleBook {
  return sameForAll(null, finishedJobs({ keep: 0 }), undefined);
}
