/** Which rows are deleted: the scopes of a plan as a question that is asked of one row. */
import { FINISHED } from '../../schema/index.ts';
import { isOlder } from './boundary.ts';
import type { JobFacts, LogFacts } from './facts.ts';
import { type Holds, isHeld } from './held-rows.ts';
import type { JobScope, LogScope } from './scopes.ts';

/** @returns the scope by which the job is deleted; undefined when it is kept */
export type JobVerdict = (job: JobFacts, holds: Holds) => JobScope | undefined;

export function jobVerdict(scopes: readonly JobScope[]): JobVerdict {
  const byOwner = Map.groupBy(scopes, ({ company, template }) => owner(company, template));
  return (job, holds) => {
    if (!FINISHED.some((status) => status === job.status) || isHeld(holds, job)) return undefined;
    for (const template of [job.run_template_id, 'all'] as const) {
      const scope = byOwner.get(owner(job.company_id, template))?.find((one) => fits(one, job));
      if (scope) return scope;
    }
    return undefined;
  };
}

function owner(company: bigint, template: JobScope['template']): string {
  return `${company} ${template}`;
}

function fits({ statuses, before, spared }: JobScope, job: JobFacts): boolean {
  return statuses.some((status) => status === job.status) && isOlder(job, before) && !spared.includes(job.id);
}

/** Whether a log entry is deleted by its own age; holds are asked for when it is deleted. */
export function logVerdict(scopes: readonly LogScope[]): (log: LogFacts) => boolean {
  const boundaries = new Map(scopes.map(({ company, before }) => [company, before]));
  return (log) => {
    const before = boundaries.get(log.company_id);
    return before !== undefined && isOlder(log, before);
  };
}
