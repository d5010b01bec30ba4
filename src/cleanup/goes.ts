/** Which jobs go: the scopes of a plan as a question that is asked of one job. */
import { FINISHED } from '../schema/index.ts';
import type { Key } from './boundary.ts';
import { type Holds, isHeld } from './holds.ts';
import type { JobScope } from './scopes.ts';

/** What decides whether a job goes. */
export interface JobFacts extends Key {
  readonly company_id: bigint;
  readonly run_template_id: bigint | null;
  readonly status: string;
}

/** @returns the scope by which the job goes; undefined when it stays */
export type JobVerdict = (job: JobFacts, holds: Holds) => JobScope | undefined;

export function jobVerdict(scopes: readonly JobScope[]): JobVerdict {
  const byOwner = Map.groupBy(scopes, ({ company, template }) =>
    typeof template === 'bigint' ? ofTemplate(template) : ofCompany(company, template),
  );
  return (job, holds) => {
    if (!FINISHED.some((status) => status === job.status) || isHeld(holds, job)) return undefined;
    const { company_id: company, run_template_id: template } = job;
    const owners = [
      template === null ? ofCompany(company, null) : ofTemplate(template),
      ofCompany(company, 'all'),
    ];
    for (const owner of owners) {
      const scope = byOwner.get(owner)?.find((one) => fits(one, job));
      if (scope) return scope;
    }
    return undefined;
  };
}

function ofTemplate(template: bigint): string {
  return `template ${template}`;
}

function ofCompany(company: bigint, jobs: null | 'all'): string {
  return `company ${company}, ${jobs ?? 'no template'}`;
}

function fits({ statuses, before, spared, onlyCompany, company }: JobScope, job: JobFacts): boolean {
  return (
    statuses.some((status) => status === job.status) &&
    (job.at < before.at || (job.at === before.at && job.id < before.id)) &&
    !spared.includes(job.id) &&
    (!onlyCompany || job.company_id === company)
  );
}
